import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Slowdown } from './slowdown.ts'

test('LTE is kept out when DSL was full right after it twice', () => {
  const guard = new Slowdown()
  assert.equal(strike(guard, 0), undefined)
  assert.equal(guard.keepsOut(1_000), false)
  assert.equal(strike(guard, 3_000), 'guard lte slowed dsl to 70 %, kept out for 10 s')
  assert.equal(guard.keepsOut(13_000), true)
  assert.equal(guard.keepsOut(13_500), false)
})

test('an LTE that DSL waited for is kept out at once', () => {
  const guard = new Slowdown()
  guard.heldUp(0.1, 0)
  assert.equal(guard.full(2_000), 'guard lte slowed dsl to 10 %, kept out for 10 s')
  assert.equal(guard.keepsOut(11_900), true)
  guard.heldUp(0.1, 20_000)
  assert.equal(guard.full(23_000), undefined)
})

test('a demand that ended, or came later, is no strike', () => {
  const guard = new Slowdown()
  for (let atMs = 0; atMs < 60_000; atMs += 5_000) {
    guard.released(0.1, atMs)
    assert.equal(guard.full(atMs + 200), undefined)
    guard.released(0.92, atMs + 500)
    assert.equal(guard.full(atMs + 700), undefined)
    guard.released(0.7, atMs + 1_000)
    assert.equal(guard.full(atMs + 2_500), undefined)
  }
})

test('two minutes without a strike are forgiven', () => {
  const guard = new Slowdown()
  strike(guard, 0)
  strike(guard, 3_000)
  assert.equal(strike(guard, 130_000), undefined)
})

/** LTE is let go at 70 % of DSL, and DSL is full 400 ms later. */
function strike(guard: Slowdown, atMs: number): string | undefined {
  guard.released(0.7, atMs)
  return guard.full(atMs + 400)
}
