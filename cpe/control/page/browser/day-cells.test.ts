import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cellsOf, scaleOf } from './day-cells.ts'

const NOON_MINUTE = Date.UTC(2026, 10, 26, 12) / 60_000

test('the last bar ends with this minute, and averages what was seen of its five', () => {
  const rows = [
    [NOON_MINUTE - 1, 60, 6e6, 0, 0, 0, 0, 0],
    [NOON_MINUTE, 20, 2e6, 0, 0, 0, 4e6, 20],
  ]
  const cells = cellsOf(rows, NOON_MINUTE * 60_000 + 30_000, 5)
  assert.equal(cells.length, 288)
  const last = cells.at(-1)
  assert.equal(last?.fromMs, (NOON_MINUTE - 4) * 60_000)
  assert.equal(last.bitsPerS.dsl.down, 800_000)
  assert.equal(last.bitsPerS.lte.up, 400_000)
  assert.equal(last.deadSeconds.lte, 20)
  assert.equal(cells.filter(({ seen }) => seen).length, 1)
})

test('a minute of another day is in no bar', () => {
  const rows = [
    [NOON_MINUTE - 1_440, 60, 6e6, 0, 0, 0, 0, 0],
    [NOON_MINUTE + 1, 60, 6e6, 0, 0, 0, 0, 0],
  ]
  assert.ok(cellsOf(rows, NOON_MINUTE * 60_000, 60).every(({ seen }) => !seen))
})

test('an axis ends with a round number', () => {
  assert.deepEqual(
    [0, 1e6, 1.1e6, 4e6, 5.1e6, 93e6, 1e9].map(scaleOf),
    [1e6, 1e6, 2e6, 5e6, 10e6, 100e6, 1e9],
  )
})
