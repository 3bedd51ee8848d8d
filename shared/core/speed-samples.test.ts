import assert from 'node:assert/strict'
import { test } from 'node:test'
import { medianOf, steadyBitsPerS } from './speed-samples.ts'

test('the beginning does not count', () => {
  // Nothing in the first second of four, then a megabyte a second.
  const samples = Array.from({ length: 41 }, (_, i) => ({
    atMs: 5_000 + 100 * i,
    bytes: Math.max(0, i - 10) * 100_000,
  }))
  assert.equal(steadyBitsPerS(samples), 8_000_000)
})

test('too little says nothing', () => {
  assert.equal(steadyBitsPerS([]), undefined)
  assert.equal(steadyBitsPerS([{ atMs: 1, bytes: 7 }]), undefined)
  const short = [
    { atMs: 0, bytes: 0 },
    { atMs: 40, bytes: 100_000 },
  ]
  assert.equal(steadyBitsPerS(short), undefined)
})

test('a stray round trip does not move the median', () => {
  assert.equal(medianOf([30, 31, 900, 29.96, 32]), 31)
  assert.equal(medianOf([7.06]), 7.1)
  assert.equal(medianOf([]), undefined)
})
