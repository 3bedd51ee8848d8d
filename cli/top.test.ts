import assert from 'node:assert/strict'
import { test } from 'node:test'
import { screen } from './top.ts'

const HOME = {
  daemon: 'cpe',
  release: '0.1.0',
  legs: {
    dsl: {
      state: 'up',
      reason: 'dsl-up probe answered in 30 ms',
      load: { down: { value: 1_900 }, up: { value: 25 } },
      capacity: { down: 2_000 },
      rttMs: { value: 31.4 },
      queueMs: 1.4,
    },
    lte: { state: 'dead', reason: 'lte-down no carrier', load: {} },
  },
  lte: 'allowed',
  concentrator: { state: 'reachable', reason: 'concentrator answers probes' },
  help: { down: { engaged: true }, up: { engaged: false } },
  verdict: { sentence: 'The lines are full.' },
  flows: [{ token: 77, serviceClass: 'overflow', upBytes: 1_000, downBytes: 5_000_000 }],
  reasons: [{ unixMs: Date.UTC(2026, 10, 26, 20, 14), text: 'dsl-queue 26 ms at 99 %' }],
  counters: { flowsOpened: 12, flowsReset: 0, turnedMs: 5 },
}

test('a look at a home has its legs, what limits it, its connections and its decisions', () => {
  const text = screen(HOME, undefined)
  assert.match(
    text,
    /^cpe 0\.1\.0\n\nconcentrator reachable: concentrator answers probes\nLTE allowed, helps down\n/,
  )
  assert.match(text, /\nThe lines are full\.\n/)
  assert.match(text, /dsl +up +15\.2 +0\.2 +16\.0 +- +31 +1 +dsl-up probe/)
  assert.match(text, /lte +dead +- +- .*no carrier/)
  assert.match(text, /77 +overflow +1\.00 kB +5\.00 MB/)
  assert.match(text, /20:14:00 +dsl-queue 26 ms at 99 %/)
  assert.match(text, /flowsOpened +12$/m)
  assert.doesNotMatch(text, /flowsReset|turnedMs/)
})

test('counters have how fast they run, when there was a look before', () => {
  const before = { facts: { ...HOME, counters: { flowsOpened: 8 } }, ms: 2_000 }
  assert.match(screen(HOME, before), /flowsOpened +12 +2\.0\/s/)
})
