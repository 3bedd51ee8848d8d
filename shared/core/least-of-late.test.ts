import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LeastOfLate } from './least-of-late.ts'

test('the least is kept for one window at least, and forgotten after two', () => {
  const floor = new LeastOfLate(1_000)
  assert.equal(floor.least, Infinity)
  const leastAt = (value: number, nowMs: number) => {
    floor.see(value, nowMs)
    return floor.least
  }
  assert.equal(leastAt(30, 0), 30)
  assert.equal(leastAt(20, 999), 20)
  assert.equal(leastAt(50, 1_000), 20)
  assert.equal(leastAt(40, 1_999), 20)
  assert.equal(leastAt(60, 2_000), 40)
})

test('another line begins with its own least', () => {
  const floor = new LeastOfLate(1_000)
  floor.see(20, 0)
  floor.see(30, 1_000)
  floor.forget()
  assert.equal(floor.least, Infinity)
  floor.see(90, 1_100)
  assert.equal(floor.least, 90)
})
