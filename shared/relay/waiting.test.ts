import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HalfFlow, holdFirst } from './pump.ts'
import { Fares, lookAt } from './waiting.ts'

test('what waits is held, whether or not something has moved', () => {
  const half = new HalfFlow(1, 2)
  holdFirst(half, new Uint8Array(10))
  assert.equal(lookAt(half), Fares.held)
  half.bytes += 5_000_000
  assert.equal(lookAt(half), Fares.held)
})

test('a long transfer that moves and does not wait is served; one that rests is still', () => {
  const half = new HalfFlow(1, 2)
  half.bytes = 5_000_000
  assert.equal(lookAt(half), Fares.served)
  assert.equal(lookAt(half), Fares.still)
  half.bytes += 1
  assert.equal(lookAt(half), Fares.served)
})

test("a page's piece is still: it is over before anybody could hold it up", () => {
  const half = new HalfFlow(1, 2)
  half.bytes = 300_000
  assert.equal(lookAt(half), Fares.still)
})
