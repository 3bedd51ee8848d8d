import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HoldDown } from './hold-down.ts'

test('the first failure is forgiven at once, and each that follows soon doubles the wait, up to a minute', () => {
  const hold = new HoldDown()
  const waits: number[] = []
  for (let nowMs = 0; waits.length < 9; nowMs += 2_000) {
    hold.up(nowMs)
    hold.failed(nowMs + 1_000)
    waits.push(hold.holdMs / 1_000)
  }
  assert.deepEqual(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60])
  assert.equal(hold.failures, 9)
})

test('a minute of use without a failure makes a flapping leg a good one', () => {
  const hold = new HoldDown()
  for (let nowMs = 0; nowMs < 10_000; nowMs += 2_000) {
    hold.up(nowMs)
    hold.failed(nowMs + 1_000)
  }
  assert.ok(hold.holdMs > 0)
  hold.up(20_000)
  hold.failed(79_999)
  assert.ok(hold.holdMs > 0)
  hold.up(100_000)
  hold.failed(160_000)
  assert.deepEqual([hold.failures, hold.holdMs], [1, 0])
})
