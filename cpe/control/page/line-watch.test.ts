import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { UNLIMITED } from '../../../shared/core/budget.ts'
import type { LegState } from '../../../shared/core/leg-health.ts'
import type { LegCounters } from '../../../shared/core/leg-traffic.ts'
import { KeptDay } from './kept-day.ts'
import { LineWatch, type WatchParts } from './line-watch.ts'

const NOON = Date.UTC(2026, 10, 26, 12)

test('rates are what the interfaces carried since the look before', () => {
  const home = new Home()
  home.watch.look()
  home.carried = 1_000_000
  home.nowMs += 2_000
  const { legs } = home.watch.look()
  assert.deepEqual([legs.dsl.downBitsPerS, legs.dsl.upBitsPerS], [4_000_000, 400_000])
  // Another interface, whose counters begin at nothing.
  home.carried = 10
  home.nowMs += 1_000
  assert.equal(home.watch.look().legs.dsl.downBitsPerS, 0)
})

test('a moment of doubt does not begin a condition anew, a failure does', () => {
  const home = new Home()
  home.sinceMs = 60_000
  assert.equal(home.watch.look().legs.dsl.sinceMs, 60_000)
  home.nowMs += 1_000
  home.turn('suspect')
  assert.deepEqual(
    [home.watch.look().legs.dsl.condition, home.watch.look().legs.dsl.sinceMs],
    ['works', 61_000],
  )
  home.nowMs += 1_000
  home.turn('dead')
  const { condition, sinceMs } = home.watch.look().legs.dsl
  assert.deepEqual([condition, sinceMs], ['down', 0])
})

test('an LTE that may carry nothing is switched off, not broken', () => {
  const home = new Home()
  home.barred = 'roaming'
  const { line, legs } = home.watch.look()
  assert.deepEqual([line, legs.lte.condition], ['lteRoams', 'barred'])
})

test('a restart keeps the day, and a damaged file begins it anew', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hybridge-day-'))
  try {
    const home = new Home()
    const said: string[] = []
    const kept = new KeptDay(directory, home.watch, (why) => said.push(why), 0)
    kept.read()
    home.watch.look()
    home.carried = 500
    home.nowMs += 1_000
    home.watch.look()
    kept.look(599_999, NOON)
    assert.throws(() => readFileSync(join(directory, 'cpe-day.json')))
    kept.look(600_000, NOON)
    const again = new Home()
    new KeptDay(directory, again.watch, (why) => said.push(why), 0).read()
    assert.deepEqual(again.watch.history(), home.watch.history())
    assert.equal(said.length, 0, said.join())
    writeFileSync(join(directory, 'cpe-day.json'), '{"savedMs": 1, "minutes"')
    const third = new Home()
    new KeptDay(directory, third.watch, (why) => said.push(why), 0).read()
    assert.deepEqual(third.watch.history().minutes, [])
    assert.match(said.join(), /cpe-day\.json.*the day begins anew/)
  } finally {
    rmSync(directory, { recursive: true })
  }
})

class Home {
  nowMs = 1_000
  carried = 0
  sinceMs = 0
  barred: string | undefined
  #state: LegState = 'up'
  readonly watch: LineWatch

  constructor() {
    const counters = (): LegCounters => ({
      rxBytes: this.carried,
      txBytes: this.carried / 10,
      rxPackets: 0,
      txPackets: 0,
    })
    const leg = () => ({ state: this.#state, reason: '', sinceMs: this.sinceMs, rttMs: undefined })
    const help = { engaged: false }
    const steering = {
      status: () => ({
        legs: { dsl: leg(), lte: leg() },
        concentrator: { state: 'reachable' },
        active: 'dsl' as const,
        help: { down: help, up: help },
      }),
      facts: () => ({ dsl: leg(), lte: leg() }),
      reasons: () => [],
      lte: () => ({
        barred: this.barred,
        budget: UNLIMITED,
        month: undefined,
        roams: false,
        throttled: false,
      }),
    } satisfies WatchParts['steering']
    this.watch = new LineWatch({
      steering,
      counters,
      limit: () => undefined,
      manageable: false,
      nowMs: () => this.nowMs,
      unixMs: () => NOON + this.nowMs,
    })
  }

  turn(state: LegState): void {
    this.#state = state
    this.sinceMs = 0
  }
}
