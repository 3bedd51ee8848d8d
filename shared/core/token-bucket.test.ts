import assert from 'node:assert/strict'
import { test } from 'node:test'
import { spendToken, ticksAt } from './token-bucket.ts'

test('a new bucket gives two seconds’ worth at once and then nothing', () => {
  assert.equal(spentOf(bucketAt(100), 300, 5_000), 200)
})

test('an empty bucket refills at its rate', () => {
  const bucket = bucketAt(100)
  spentOf(bucket, 300, 5_000)
  assert.equal(spentOf(bucket, 300, 5_250), 25)
  assert.equal(spentOf(bucket, 300, 60_000), 200)
})

test('who stays below the rate is never refused', () => {
  const bucket = bucketAt(100)
  for (let ms = 0; ms < 60_000; ms += 10) assert.equal(spentOf(bucket, 1, ms), 1, `at ${ms} ms`)
})

test('who asks without pause gets the rate and no more', () => {
  const bucket = bucketAt(500)
  let given = 0
  for (let ms = 0; ms < 20_000; ms++) given += spentOf(bucket, 2, ms)
  assert.equal(given, 1_000 + 500 * 20 - 1)
})

/** Where a count of ticks in 32 bits has its sign changed, and begins anew. */
const EDGES_MS = [2 ** 31 / 100, 2 ** 32 / 100, 3 * (2 ** 32 / 100)]

test('a bucket that nobody ever touched is full at any time', () => {
  for (const edgeMs of EDGES_MS) {
    for (let ms = edgeMs - 90_000; ms <= edgeMs + 90_000; ms += 250) {
      assert.equal(spentOf(bucketAt(10), 30, ms), 20, `at ${ms} ms`)
    }
  }
})

test('a bucket that was emptied is full again after two seconds, and stays so', () => {
  const hour = 3_600_000
  const ages = [2_000, 60_000, hour, 11.91 * hour, 11.95 * hour, 24 * hour, 8_760 * hour]
  for (const edgeMs of EDGES_MS) {
    for (const emptiedMs of [edgeMs - 30_000, edgeMs - 1, edgeMs, edgeMs + 30_000]) {
      for (const age of ages) {
        for (let ms = emptiedMs + age; ms <= emptiedMs + age + 120_000; ms += 10_000) {
          const bucket = bucketAt(10)
          spentOf(bucket, 30, emptiedMs)
          assert.equal(spentOf(bucket, 30, ms), 20, `at ${ms} ms, emptied at ${emptiedMs} ms`)
        }
      }
    }
  }
})

test('a rate holds across the edges of 32 bits', () => {
  for (const edgeMs of EDGES_MS) {
    const bucket = bucketAt(10)
    assert.equal(spentOf(bucket, 30, edgeMs - 500), 20)
    assert.equal(spentOf(bucket, 30, edgeMs + 500), 10)
  }
})

test('a thread whose clock is a little behind finds an empty bucket empty', () => {
  const bucket = bucketAt(100)
  spentOf(bucket, 300, 5_000)
  assert.equal(spentOf(bucket, 300, 4_999), 0)
  assert.equal(spentOf(bucket, 300, 4_900), 0)
  assert.equal(spentOf(bucket, 300, 5_100), 10)
})

test('one a second is a rate too', () => {
  const bucket = bucketAt(1)
  assert.equal(spentOf(bucket, 5, 0), 2)
  assert.equal(spentOf(bucket, 5, 999), 0)
  assert.equal(spentOf(bucket, 5, 1_000), 1)
})

function bucketAt(perSecond: number) {
  return { perSecond, cell: 0 }
}

/** How many of `wanted` tokens the bucket gives at `nowMs`. */
function spentOf(bucket: { perSecond: number; cell: number }, wanted: number, nowMs: number) {
  for (let given = 0; given < wanted; given++) {
    const cell = spendToken(bucket.cell, bucket.perSecond, ticksAt(nowMs))
    if (cell === undefined) return given
    bucket.cell = cell
  }
  return wanted
}
