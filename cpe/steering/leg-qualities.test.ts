import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegState } from '../../shared/core/leg-health.ts'
import { Reasons } from '../../shared/core/reasons.ts'
import { LegQualities } from './leg-qualities.ts'

test('nobody is asked for what nobody wants to know', () => {
  const home = new Home()
  home.play(10_000)
  assert.deepEqual(home.asked, { dsl: 0, lte: 0 })
  home.used = { interactive: false, handover: true }
  home.play(10_000)
  assert.ok(home.asked.dsl >= 49 && home.asked.lte === 0, JSON.stringify(home.asked))
})

test('while something interactive is carried LTE is asked once a second, and more when it carries', () => {
  const home = new Home()
  home.used = { interactive: true, handover: false }
  home.play(10_000)
  assert.ok(home.asked.lte <= 11, `${home.asked.lte} on LTE`)
  assert.deepEqual(home.said, [])
  home.rttMs.dsl = 400
  home.play(300)
  assert.match(home.said[0] ?? '', /^interactive: quicker-lte dsl \d+ ms, lte 45 ms$/)
  assert.deepEqual(home.qualities.now, { quicker: 'lte', secondLeg: false })
  const before = home.asked.lte
  home.play(10_000)
  assert.ok(home.asked.lte - before >= 48, `${home.asked.lte - before} on LTE`)
  home.rttMs.dsl = 20
  home.play(2_400)
  assert.match(home.said[1] ?? '', /^interactive: quicker-dsl dsl 20 ms, lte 45 ms for 20\d\d ms$/)
})

test('what was left on LTE goes back when nothing interactive is carried any more', () => {
  const home = new Home()
  home.used = { interactive: true, handover: false }
  home.play(1_000)
  home.rttMs.dsl = 400
  home.play(1_000)
  assert.equal(home.qualities.now.quicker, 'lte')
  home.used = { interactive: false, handover: false }
  home.play(20)
  assert.equal(home.qualities.now.quicker, 'dsl')
})

test('handover has its second leg built when DSL becomes slow, and let go when it is well again', () => {
  const home = new Home()
  home.used = { interactive: false, handover: true }
  home.play(2_000)
  const { now } = home.qualities
  home.play(2_000)
  assert.equal(home.qualities.now, now, 'the same object while nothing changes')
  home.rttMs.dsl = 200
  home.play(1_000)
  assert.equal(home.qualities.now.secondLeg, true)
  home.rttMs.dsl = 20
  home.play(11_000)
  assert.equal(home.qualities.now.secondLeg, false)
  assert.match(home.said[0] ?? '', /^second leg: dsl-slow \d+ ms over 20 ms$/)
  assert.equal(home.said[1], 'second leg: dsl-well for 10 s')
  assert.deepEqual(
    home.reasons.list(0, 0).map(({ text }) => text.split(' ')[0]),
    ['dsl-slow', 'dsl-well'],
  )
})

test('what stands by on a DSL that has come back keeps its second leg until that has been well', () => {
  const home = new Home()
  home.used = { interactive: false, handover: true }
  home.play(2_000)
  home.dsl = 'dead'
  home.play(1_000)
  home.dsl = 'up'
  home.play(9_000)
  assert.equal(home.qualities.now.secondLeg, true)
  home.play(2_000)
  assert.deepEqual(home.said, ['second leg: dsl-down', 'second leg: dsl-well for 10 s'])
})

/** Steering's tick, and two legs that answer. */
class Home {
  readonly said: string[] = []
  readonly reasons = new Reasons()
  readonly qualities = new LegQualities(this.reasons, (reason) => this.said.push(reason))
  readonly rttMs: Record<LegName, number> = { dsl: 20, lte: 45 }
  readonly asked: Record<LegName, number> = { dsl: 0, lte: 0 }
  used = { interactive: false, handover: false }
  dsl: LegState = 'up'
  #nowMs = 0
  #number = 0
  readonly #under: Array<{ leg: LegName; number: number; dueMs: number; rttMs: number }> = []

  play(forMs: number): void {
    const lte = { path: 'a', state: 'up' } as const
    for (const untilMs = this.#nowMs + forMs; this.#nowMs < untilMs; this.#nowMs += 10) {
      for (const due of this.#under.filter(({ dueMs }) => dueMs <= this.#nowMs)) {
        this.#under.splice(this.#under.indexOf(due), 1)
        this.qualities.heard(due.leg, due.number, due.rttMs, this.#nowMs)
      }
      for (const name of LEGS) if (this.qualities.wantsProbe(name, this.#nowMs)) this.#ask(name)
      this.qualities.judge({ dsl: { ...lte, state: this.dsl }, lte }, this.used, this.#nowMs)
    }
  }

  #ask(leg: LegName): void {
    const number = ++this.#number
    this.asked[leg]++
    this.qualities.probeSent(leg, number, this.#nowMs)
    const rttMs = this.rttMs[leg]
    this.#under.push({ leg, number, dueMs: this.#nowMs + rttMs, rttMs })
  }
}
