import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backoff } from './backoff.ts'

test('waits double up to a minute, and chance takes up to half of each away', () => {
  const [early, late] = [new Backoff(), new Backoff()]
  const waits = Array.from({ length: 8 }, () => [early.wait(0, 0), late.wait(1, 0)])
  assert.deepEqual(
    waits.map(([least]) => least),
    [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
  )
  for (const [least = 0, most = 0] of waits) assert.equal(most, 2 * least)
})

test('who is told to stay away stays away, and not everybody to the same moment', () => {
  assert.equal(new Backoff().wait(0, 30_000), 30_000)
  assert.equal(new Backoff().wait(1, 30_000), 37_500)
})

test('what has worked begins anew', () => {
  const backoff = new Backoff()
  for (let i = 0; i < 5; i++) backoff.wait(0.5, 0)
  backoff.reset()
  assert.equal(backoff.wait(0, 0), 500)
})
