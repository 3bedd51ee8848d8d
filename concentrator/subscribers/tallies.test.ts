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
