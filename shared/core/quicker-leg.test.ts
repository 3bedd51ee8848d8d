import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { QuickerLeg } from './quicker-leg.ts'

test('DSL carries while it is not much slower than LTE', () => {
  const home = new Home()
  home.play(10_000, { dsl: 20, lte: 45 })
  home.play(10_000, { dsl: 70, lte: 45 })
  home.play(10_000, { dsl: undefined, lte: 45 })
  home.play(10_000, { dsl: 60, lte: undefined })
  assert.deepEqual(home.told, [])
})

test('a DSL that becomes worse is left at once, and had again when it has been well for 2 s', () => {
  const home = new Home()
  home.play(1_000, { dsl: 20, lte: 45 })
  home.play(100, { dsl: 180, lte: 45 })
  assert.deepEqual(home.told, ['1000 quicker-lte dsl 180 ms, lte 45 ms'])
  home.play(1_900, { dsl: 20, lte: 45 })
  home.play(100, { dsl: 60, lte: 45 })
  home.play(2_100, { dsl: 20, lte: 45 })
  assert.deepEqual(home.told.slice(1), ['5100 quicker-dsl dsl 20 ms, lte 45 ms for 2000 ms'])
})

test('where nobody knows how slow DSL is, it is not come back to', () => {
  const home = new Home()
  home.play(100, { dsl: 180, lte: 45 })
  home.play(60_000, { dsl: undefined, lte: 45 })
  assert.equal(home.quicker.carrier, 'lte')
})

test('a leg that is dead carries nothing, whatever its delay was', () => {
  const home = new Home()
  home.play(20, { dsl: 20, lte: 45 }, { dsl: false, lte: true })
  home.play(20, { dsl: 20, lte: 45 }, { dsl: false, lte: false })
  home.play(20, { dsl: 400, lte: 45 }, { dsl: true, lte: false })
  assert.deepEqual(home.told, ['0 quicker-lte dsl-down', '20 quicker-dsl lte-down'])
})

test('a DSL that comes and goes is had back ever later', () => {
  const home = new Home()
  for (let i = 0; i < 40; i++) {
    home.play(3_000, { dsl: 20, lte: 45 })
    home.play(500, { dsl: 400, lte: 45 })
  }
  // 140 s: without memory it would be 80 moves.
  assert.ok(home.told.length <= 8, home.told.join('\n'))
})

test('whatever the delays, nobody moves back within 2 s, nor stays on a leg 100 ms slower for longer', () => {
  const delay = fc.option(fc.integer({ min: 5, max: 600 }), { nil: undefined })
  const moment = fc.record({ forMs: fc.integer({ min: 20, max: 5_000 }), dsl: delay, lte: delay })
  fc.assert(
    fc.property(fc.array(moment, { maxLength: 30 }), (moments) => {
      const home = new Home()
      for (const { forMs, dsl, lte } of moments) {
        home.play(forMs, { dsl, lte })
        if (dsl === undefined || lte === undefined) continue
        if (dsl > lte * 1.25 + 100) assert.equal(home.quicker.carrier, 'lte')
      }
      const moves = home.told.map((line) => Number(line.split(' ')[0]))
      for (let i = 1; i < moves.length; i += 2) assert.ok(moves[i]! - moves[i - 1]! >= 2_000)
    }),
  )
})

class Home {
  readonly quicker = new QuickerLeg()
  readonly told: string[] = []
  #nowMs = 0

  play(
    forMs: number,
    delays: { readonly dsl: number | undefined; readonly lte: number | undefined },
    up = { dsl: true, lte: true },
  ): void {
    for (const untilMs = this.#nowMs + forMs; this.#nowMs < untilMs; this.#nowMs += 20) {
      const reason = this.quicker.judge(delays, up, this.#nowMs)
      if (reason !== undefined) this.told.push(`${this.#nowMs} ${reason}`)
    }
  }
}
