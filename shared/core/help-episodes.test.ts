import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HelpEpisodes } from './help-episodes.ts'
import { Reasons } from './reasons.ts'

const NOON = Date.UTC(2026, 10, 26, 12)

test('decisions become episodes, each direction by itself', () => {
  const home = new Home()
  home.decide('down', true, 'dsl-full 97 % for 120 ms', 1_000)
  home.decide('up', true, 'dsl-queue 80 ms at 98 %', 2_000)
  home.decide('down', false, 'dsl-spare 40 % for 1000 ms', 3_000)
  assert.deepEqual(home.episodes.since(0), [
    { direction: 'down', fromMs: NOON + 1_000, untilMs: NOON + 3_000, kind: 'dsl-full' },
    { direction: 'up', fromMs: NOON + 2_000, untilMs: undefined, kind: 'dsl-queue' },
  ])
})

test('reasons that are told again change nothing, and those about other things are no episodes', () => {
  const home = new Home()
  home.decide('down', true, 'dsl-full 97 %', 1_000)
  home.episodes.take(home.reasons.list(2_000, NOON + 2_000))
  home.reasons.note({ text: 'interactive lte is quicker' }, 3_000)
  home.episodes.take(home.reasons.list(4_000, NOON + 4_000))
  assert.equal(home.episodes.since(0).length, 1)
})

test('what has ended before is not told', () => {
  const home = new Home()
  home.decide('down', true, 'dsl-full 97 %', 1_000)
  home.decide('down', false, 'dsl-spare 40 %', 2_000)
  assert.equal(home.episodes.since(NOON + 2_000).length, 1)
  assert.equal(home.episodes.since(NOON + 2_001).length, 0)
})

test('a restart takes them back; what ran then has ended, and what is no episode is left out', () => {
  const home = new Home()
  home.decide('up', true, 'dsl-down no carrier', 1_000)
  const kept: unknown = JSON.parse(JSON.stringify(home.episodes.since(0)))
  assert.ok(Array.isArray(kept))
  const again = new HelpEpisodes()
  again.recall([...kept, { direction: 'sideways' }, 7, null], NOON + 60_000)
  assert.deepEqual(again.since(0), [
    { direction: 'up', fromMs: NOON + 1_000, untilMs: NOON + 60_000, kind: 'dsl-down' },
  ])
})

test('only so many are remembered', () => {
  const home = new Home()
  for (let i = 0; i < 300; i++) {
    home.decide('down', true, 'dsl-full 97 %', 1_000 * (2 * i + 1))
    home.decide('down', false, 'dsl-spare 40 %', 1_000 * (2 * i + 2))
  }
  assert.equal(home.episodes.since(0).length, 200)
})

class Home {
  readonly reasons = new Reasons()
  readonly episodes = new HelpEpisodes()

  decide(direction: 'down' | 'up', engaged: boolean, text: string, nowMs: number): void {
    this.reasons.note({ direction, engaged, text }, nowMs)
    this.episodes.take(this.reasons.list(nowMs, NOON + nowMs))
  }
}
