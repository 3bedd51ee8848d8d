import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  countLasting,
  FLOW_LASTED,
  FLOW_LASTING_COUNTERS,
  type FlowLastingCounter,
} from './flow-lasting.ts'

const column = Object.fromEntries(FLOW_LASTING_COUNTERS.map((name, i) => [name, i])) as Record<
  FlowLastingCounter,
  number
>

for (const [ms, counted] of [
  [0, 'lasted1s'],
  [999, 'lasted1s'],
  [1_000, 'lasted10s'],
  [59_999, 'lasted1m'],
  [60_000, 'lasted10m'],
  [600_000, 'lasted1h'],
  [3_600_000, 'lastedLonger'],
] as const) {
  test(`a flow of ${ms} ms lasted ${FLOW_LASTED[counted]}, and its time is in the sum`, () => {
    const row = new Float64Array(FLOW_LASTING_COUNTERS.length)
    countLasting(row, column, ms)
    countLasting(row, column, ms)
    assert.equal(row[column[counted]], 2)
    assert.equal(row[column.lastedMs], 2 * ms)
    assert.equal(
      row.reduce((sum, one) => sum + one),
      2 + 2 * ms,
    )
  })
}
