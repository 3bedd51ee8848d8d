import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TokenBuckets } from './token-buckets.ts'

test('each name has a bucket of its own, which refills', () => {
  const buckets = new TokenBuckets(8)
  const spent = (name: string, nowMs: number) => buckets.spend(name, 1, nowMs)
  assert.deepEqual([spent('a', 0), spent('a', 0), spent('a', 0)], [true, true, false])
  assert.equal(buckets.has('a', 1, 0), false)
  assert.equal(buckets.has('b', 1, 0), true)
  assert.deepEqual([spent('b', 0), spent('a', 1_000), spent('a', 1_000)], [true, true, false])
})

test('who spent longest ago is forgotten for a newcomer', () => {
  const buckets = new TokenBuckets(2)
  const empty = (name: string) => {
    while (buckets.spend(name, 1, 0));
  }
  empty('a')
  buckets.spend('b', 1, 0)
  buckets.spend('c', 1, 0)
  assert.equal(buckets.has('a', 1, 0), true)
  empty('b')
  buckets.spend('d', 1, 0)
  assert.equal(buckets.has('b', 1, 0), false)
})
