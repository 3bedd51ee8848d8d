import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProbeQuality } from './probe-quality.ts'
import { SecondLeg } from './second-leg.ts'

test('the delay is that of the last answers, and one that was late alone says nothing', () => {
  const line = new Line()
  line.play(1_000, 20)
  assert.equal(line.quality.delayMs(line.nowMs), 20)
  line.play(50, 60)
  line.play(50, 20)
  assert.equal(line.quality.delayMs(line.nowMs), 20)
  line.play(500, 60)
  assert.equal(line.quality.delayMs(line.nowMs), 60)
  assert.equal(line.quality.floorMs, 20)
})

test('a leg that becomes slow shows before it has answered', () => {
  const line = new Line()
  line.play(1_000, 20)
  line.play(200, 400)
  const delayMs = line.quality.delayMs(line.nowMs) ?? 0
  assert.ok(delayMs >= 100 && delayMs <= 200, `${delayMs} ms`)
})

test('a question that got lost alone is no delay', () => {
  const line = new Line()
  line.play(1_000, 20)
  line.play(50, undefined)
  line.play(20, 20)
  assert.equal(line.quality.delayMs(line.nowMs), 20)
  line.play(1_000, 20)
  assert.equal(line.quality.degraded('dsl', 'up', line.nowMs), undefined)
})

test('a leg is degraded when it is slow, lossy or suspected, and the reason has its numbers', () => {
  const line = new Line()
  line.play(3_000, 20)
  assert.equal(line.quality.degraded('dsl', 'up', line.nowMs), undefined)
  assert.equal(line.quality.degraded('dsl', 'suspect', line.nowMs), 'dsl-silent')
  assert.equal(line.quality.degraded('dsl', 'dead', line.nowMs), 'dsl-down')
  line.play(1_000, 180)
  assert.equal(line.quality.degraded('dsl', 'up', line.nowMs), 'dsl-slow 180 ms over 20 ms')
  line.play(1_000, 20)
  for (let i = 0; i < 20; i++) {
    line.play(50, undefined)
    line.play(300, 20)
  }
  assert.match(line.quality.degraded('dsl', 'up', line.nowMs) ?? '', /^dsl-lossy \d of 40$/)
  line.quality.forget()
  assert.equal(line.quality.degraded('dsl', 'up', line.nowMs), undefined)
})

test('an answer of long ago says nothing, but silence while it is asked does', () => {
  const line = new Line()
  line.play(1_000, 20)
  line.nowMs += 5_000
  assert.equal(line.quality.delayMs(line.nowMs), undefined)
  line.play(1_000, 20)
  line.play(6_000, undefined)
  assert.ok((line.quality.delayMs(line.nowMs) ?? 0) > 1_000)
})

test('a second leg is wanted from the first sign, and until DSL has been well for 10 s', () => {
  const second = new SecondLeg()
  assert.equal(second.judge(undefined, 0), undefined)
  assert.equal(second.judge('dsl-slow 180 ms over 20 ms', 20), 'dsl-slow 180 ms over 20 ms')
  assert.equal(second.judge('dsl-slow 190 ms over 20 ms', 40), undefined)
  assert.equal(second.judge(undefined, 9_000), undefined)
  assert.equal(second.wanted, true)
  assert.equal(second.judge(undefined, 10_040), 'dsl-well for 10 s')
  assert.equal(second.wanted, false)
})

/** A line that is asked every 50 ms and answers after `rttMs`, or not at all. */
class Line {
  readonly quality = new ProbeQuality()
  nowMs = 0
  readonly #under: Array<{ number: number; dueMs: number; rttMs: number }> = []
  #number = 0

  play(forMs: number, rttMs: number | undefined): void {
    for (const untilMs = this.nowMs + forMs; this.nowMs < untilMs; this.nowMs += 10) {
      for (const due of this.#under.filter(({ dueMs }) => dueMs <= this.nowMs)) {
        this.#under.splice(this.#under.indexOf(due), 1)
        this.quality.heard(due.number, due.rttMs, this.nowMs)
      }
      if (this.nowMs % 50 !== 0) continue
      this.quality.sent(++this.#number, this.nowMs)
      if (rttMs === undefined) continue
      this.#under.push({ number: this.#number, dueMs: this.nowMs + rttMs, rttMs })
    }
  }
}
