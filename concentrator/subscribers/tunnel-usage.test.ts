import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TunnelUsage } from './tunnel-usage.ts'

test('what the thread adds is told once, by home, leg and direction', () => {
  const usage = TunnelUsage.create(3)
  const take = usage.reader()
  const atThread = new TunnelUsage(usage.memory)
  atThread.add(0, 1, 1_000, 20)
  atThread.add(2, 2, 5, 7)
  atThread.add(2, 1, 1, 0)
  atThread.add(2, 2, 5, 0)
  assert.deepEqual(
    [...take()],
    [
      [0, { dslUp: 1_000, dslDown: 20, lteUp: 0, lteDown: 0 }],
      [2, { dslUp: 1, dslDown: 0, lteUp: 10, lteDown: 7 }],
    ],
  )
  assert.deepEqual([...take()], [])
  atThread.add(0, 1, 1, 0)
  assert.deepEqual([...take()], [[0, { dslUp: 1, dslDown: 0, lteUp: 0, lteDown: 0 }]])
})

test('where there is no tunnel there is nothing to tell', () => {
  assert.deepEqual([...TunnelUsage.create(0).reader()()], [])
})
