import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrived, noArrivals, poolSize } from './pool-size.ts'

test('a quiet home holds one', () => {
  assert.equal(poolSize(noArrivals(), 1_000_000, 1, 16), 1)
})

test('a page of 5 connections makes the pool ready for 10, and the limit holds', () => {
  const arrivals = noArrivals()
  for (let i = 0; i < 5; i++) arrived(arrivals, 100_000 + i * 20)
  assert.equal(poolSize(arrivals, 100_200, 1, 16), 10)
  for (let i = 0; i < 50; i++) arrived(arrivals, 101_000 + i)
  assert.equal(poolSize(arrivals, 101_100, 1, 16), 16)
})

test('a busy second is forgotten after a minute', () => {
  const arrivals = noArrivals()
  for (let i = 0; i < 5; i++) arrived(arrivals, 100_000)
  assert.equal(poolSize(arrivals, 160_000, 1, 16), 10)
  assert.equal(poolSize(arrivals, 161_000, 1, 16), 1)
})

test('a slow drip after a busy second does not keep the pool large for ever', () => {
  const arrivals = noArrivals()
  for (let i = 0; i < 8; i++) arrived(arrivals, 100_000)
  for (let s = 101; s < 300; s += 2) arrived(arrivals, s * 1_000)
  assert.equal(poolSize(arrivals, 300_000, 1, 16), 2)
})
