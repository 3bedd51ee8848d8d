import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DayHistory, type SecondOfLeg } from './day-history.ts'

const NOON = Date.UTC(2026, 10, 26, 12)
const MINUTE_MS = 60_000
const QUIET: SecondOfLeg = { downBytes: 0, upBytes: 0, dead: false }

test('seconds become minutes, with what each leg carried and how long it was dead', () => {
  const history = new DayHistory()
  for (let s = 0; s < 90; s++) {
    const dsl = { downBytes: 1_000, upBytes: 10, dead: false }
    history.note({ dsl, lte: { ...QUIET, dead: s >= 60 } }, 1, NOON + s * 1_000)
  }
  assert.deepEqual(history.rows(NOON + 90_000), [
    [NOON / MINUTE_MS, 60, 60_000, 600, 0, 0, 0, 0],
    [NOON / MINUTE_MS + 1, 30, 30_000, 300, 0, 0, 0, 30],
  ])
})

test('what is older than a day is forgotten, and what nobody saw is missing', () => {
  const history = new DayHistory()
  const both = { dsl: QUIET, lte: QUIET }
  history.note(both, 1, NOON)
  history.note(both, 1, NOON + 3 * MINUTE_MS)
  assert.equal(history.list(NOON + 3 * MINUTE_MS).length, 2)
  assert.equal(history.list(NOON + 1_440 * MINUTE_MS).length, 1)
  history.note(both, 1, NOON + 1_440 * MINUTE_MS)
  const minutes = history.list(NOON + 1_440 * MINUTE_MS).map(({ minute }) => minute)
  assert.deepEqual(minutes, [NOON / MINUTE_MS + 3, NOON / MINUTE_MS + 1_440])
})

test('a clock that was in 1970 until it was set leaves nothing on the page', () => {
  const history = new DayHistory()
  history.note({ dsl: QUIET, lte: QUIET }, 1, 5_000)
  assert.equal(history.list(5_000).length, 1)
  history.note({ dsl: QUIET, lte: QUIET }, 1, NOON)
  assert.deepEqual(
    history.list(NOON).map(({ minute }) => minute),
    [NOON / MINUTE_MS],
  )
})

test('a restart takes it back, and no damaged row', () => {
  const history = new DayHistory()
  history.note({ dsl: { downBytes: 7, upBytes: 8, dead: true }, lte: QUIET }, 1, NOON)
  const rows = history.rows(NOON)
  const again = new DayHistory()
  again.recall([...rows, [1, 2], 'x', null, [NOON / MINUTE_MS, 1, 1, 1, 1, 1, 1, -1]])
  assert.deepEqual(again.rows(NOON), rows)
})
