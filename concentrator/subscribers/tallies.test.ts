import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ticksAt } from '../../shared/core/token-bucket.ts'
import { Bucket, Held, Tallies } from './tallies.ts'

test('the last one is taken once, and can be taken again when it was given back', () => {
  const tallies = Tallies.create(2)
  assert.ok(tallies.take(1, Held.open, 2))
  assert.ok(tallies.take(1, Held.open, 2))
  assert.equal(tallies.take(1, Held.open, 2), false)
  assert.equal(tallies.held(1, Held.open), 2)
  tallies.give(1, Held.open)
  assert.ok(tallies.take(1, Held.open, 2))
  assert.equal(tallies.held(0, Held.open), 0)
  assert.equal(tallies.held(1, Held.pending), 0)
})

test('two threads’ views of one row count and spend together', () => {
  const one = Tallies.create(1)
  const other = new Tallies(one.memory)
  assert.ok(one.take(0, Held.pending, 1))
  assert.equal(other.take(0, Held.pending, 1), false)
  const now = ticksAt(1_000)
  assert.ok(one.spend(0, Bucket.requests, 1, now))
  assert.ok(other.spend(0, Bucket.requests, 1, now))
  assert.equal(one.spend(0, Bucket.requests, 1, now), false)
  assert.ok(one.spend(0, Bucket.errors, 1, now))
})

test('a row is known by its cells alone: neither buckets nor counts spill into each other', () => {
  const tallies = Tallies.create(3)
  const late = ticksAt(1e12)
  assert.ok(tallies.spend(1, Bucket.requests, 1, late))
  assert.ok(tallies.spend(1, Bucket.errors, 1, late))
  for (const row of [0, 1, 2]) {
    for (const what of Object.values(Held)) assert.equal(tallies.held(row, what), 0)
  }
  const written = [...tallies.cells.entries()].filter(([, cell]) => cell !== 0).map(([at]) => at)
  assert.deepEqual(written, [20, 21, 22, 23])
  tallies.refill(1)
  assert.ok(tallies.cells.every((cell) => cell === 0))
})

test('when 32 bits of ticks begin anew a new row is let in, and an old one too', () => {
  const wrapMs = 2 * (2 ** 32 / 100)
  for (let ms = wrapMs - 90_000; ms < wrapMs + 90_000; ms += 1_000) {
    const tallies = Tallies.create(2)
    assert.ok(tallies.spend(0, Bucket.requests, 1, ticksAt(ms - HALF_A_DAY_MS)))
    assert.ok(tallies.spend(0, Bucket.requests, 1, ticksAt(ms)), `old, at ${ms} ms`)
    assert.ok(tallies.spend(1, Bucket.requests, 1, ticksAt(ms)), `new, at ${ms} ms`)
  }
})

/** 11 h 55 min. */
const HALF_A_DAY_MS = 42_900_000
