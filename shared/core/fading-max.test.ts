import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FadingMax } from './fading-max.ts'

test('the largest value counts for half after a half-life, and gives way to what is larger then', () => {
  const max = new FadingMax(1_000, 100)
  assert.equal(max.at(0), 0)
  assert.equal(max.seenMs, -Infinity)
  max.see(80, 0)
  assert.equal(max.at(1_000), 40)
  max.see(39, 1_000)
  assert.equal(max.seenMs, 0)
  max.see(41, 1_000)
  assert.equal(max.at(1_000), 41)
  assert.equal(max.seenMs, 1_000)
  max.see(400, 1_000)
  assert.equal(max.at(1_000), 100, 'no more than the most')
  max.forget()
  assert.equal(max.at(1_000), 0)
})
