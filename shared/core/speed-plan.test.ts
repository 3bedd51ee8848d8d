import assert from 'node:assert/strict'
import { test } from 'node:test'
import { planSpeedTest } from './speed-plan.ts'

for (const [megabytes, lteMegabytes] of [
  [50, 20],
  [10, 10],
  [10, 100],
  [1, 0],
] as const) {
  test(`a test of ${megabytes} MB carries no more, and ${lteMegabytes} MB over LTE`, () => {
    const plan = planSpeedTest({ megabytes, lteMegabytes })
    const parts = Object.values(plan)
    const all = parts.reduce((sum, { downBytes, upBytes }) => sum + downBytes + upBytes, 0)
    const lte = parts.reduce(
      (sum, { lteDownBytes, lteUpBytes }) => sum + lteDownBytes + lteUpBytes,
      0,
    )
    assert.ok(all <= megabytes * 1e6, `${all}`)
    assert.ok(lte <= 0.9 * lteMegabytes * 1e6, `${lte}`)
    assert.equal(plan.dsl.lteDownBytes + plan.dsl.lteUpBytes, 0)
    assert.equal(plan.lte.downBytes, plan.lte.lteDownBytes)
  })
}
