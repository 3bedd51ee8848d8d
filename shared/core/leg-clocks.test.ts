import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LegClocks } from './leg-clocks.ts'

const DSL = 0
const LTE = 1
const BOTH = 0b11
/** Nobody's clock begins where another's does. */
const SKEW_US = 3_000_000_000

test('hasPassed() waits for every leg that may have it, and for no other', () => {
  const clocks = new LegClocks()
  clocks.observe(DSL, 1_000, SKEW_US + 21_000)
  assert.ok(clocks.hasPassed(0b01, 1_000))
  assert.ok(!clocks.hasPassed(0b01, 1_001))
  assert.ok(!clocks.hasPassed(BOTH, 1_000))
  clocks.observe(LTE, 999, SKEW_US + 46_000)
  assert.ok(!clocks.hasPassed(BOTH, 1_000))
  clocks.observe(LTE, 1_002, SKEW_US + 47_000)
  assert.ok(clocks.hasPassed(BOTH, 1_000))
})

test('hasPassed() goes by what was sent last, not by what came last, and across the wrap', () => {
  const clocks = new LegClocks()
  clocks.observe(DSL, 5, SKEW_US)
  clocks.observe(DSL, 0xffff_fff0, SKEW_US + 1)
  assert.ok(clocks.hasPassed(1, 4))
  assert.ok(clocks.hasPassed(1, 0xffff_ffff))
  assert.ok(!clocks.hasPassed(1, 6))
})

test('restUs() is the difference of the delays, whatever the clocks say', () => {
  const clocks = settled()
  assert.equal(clocks.restUs(BOTH, 500_000, SKEW_US + 520_000), 25_000)
  assert.equal(clocks.restUs(0b01, 500_000, SKEW_US + 520_000), 0)
  assert.equal(clocks.restUs(BOTH, 500_000, SKEW_US + 545_000), 0)
})

test('restUs() allows a queue that grows half as much again', () => {
  const clocks = settled()
  clocks.observe(LTE, 500_000, SKEW_US + 555_000)
  assert.equal(clocks.restUs(BOTH, 500_000, SKEW_US + 520_000), 35_000 + 5_000)
})

test('restUs() cannot tell of a leg that is not known, or that has only begun to be used', () => {
  const clocks = settled()
  assert.equal(clocks.restUs(0b100, 500_000, SKEW_US + 520_000), Infinity)
  clocks.observe(LTE, 900_000, SKEW_US + 945_000)
  assert.equal(clocks.restUs(BOTH, 930_000, SKEW_US + 950_000), Infinity)
})

test('a leg that has become quicker is believed after some packets', () => {
  const clocks = settled()
  for (let i = 0; i < 100; i++) {
    clocks.observe(LTE, 500_000 + i * 1_000, SKEW_US + 530_000 + i * 1_000)
  }
  assert.ok(clocks.restUs(BOTH, 600_000, SKEW_US + 620_000) < 12_000)
})

/** Half a second of both legs: 20 ms and 45 ms. */
function settled(): LegClocks {
  const clocks = new LegClocks()
  for (let sentUs = 0; sentUs < 500_000; sentUs += 1_000) {
    clocks.observe(DSL, sentUs, SKEW_US + sentUs + 20_000)
    clocks.observe(LTE, sentUs, SKEW_US + sentUs + 45_000)
  }
  return clocks
}
