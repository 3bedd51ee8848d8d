import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LoadMeter } from './load-meter.ts'

test('a load is that of the last second, and the most of late fades by half in half an hour', () => {
  const meter = new LoadMeter()
  let bytes = 7_000_000
  let nowMs = 0
  const carry = (bytesPerMs: number, forMs: number) => {
    for (const endMs = nowMs + forMs; nowMs < endMs; nowMs += 20) {
      meter.observe(bytes, nowMs)
      bytes += 20 * bytesPerMs
    }
  }
  carry(0, 2_000)
  assert.deepEqual([meter.bytesPerMs, meter.mostBytesPerMs(nowMs), meter.mostMs], [0, 0, -Infinity])
  carry(3_750, 5_000)
  assert.ok(Math.abs(meter.bytesPerMs - 3_750) < 1)
  carry(100, 1_800_000)
  assert.ok(Math.abs(meter.bytesPerMs - 100) < 1)
  assert.ok(Math.abs(meter.mostBytesPerMs(nowMs) - 1_875) < 10)
  assert.ok(meter.mostMs <= 8_000)
})

test('counters that go back, or are gone for a while, are no load', () => {
  const meter = new LoadMeter()
  meter.observe(5e9, 0)
  meter.observe(10, 1_000)
  assert.equal(meter.bytesPerMs, 0)
  meter.observe(undefined, 2_000)
  meter.observe(5e9, 3_000)
  meter.observe(5e9 + 1_000, 4_000)
  assert.equal(meter.bytesPerMs, 1)
  meter.forget()
  assert.deepEqual([meter.bytesPerMs, meter.mostBytesPerMs(4_000)], [0, 0])
})
