import assert from 'node:assert/strict'
import { test } from 'node:test'
import { nextProbeNumber, probeUnixMs } from './probe-number.ts'

const NOW_MS = Date.UTC(2026, 0, 1)

test('a number tells when it was made', () => {
  assert.equal(probeUnixMs(nextProbeNumber(0, NOW_MS)), NOW_MS)
  assert.equal(probeUnixMs(nextProbeNumber(0, NOW_MS + 0.75)), NOW_MS)
})

test('numbers grow, also within a millisecond, and after a restart', () => {
  let last = 0
  for (let i = 0; i < 1_000; i++) {
    const next = nextProbeNumber(last, NOW_MS + Math.floor(i / 100))
    assert.ok(next > last)
    last = next
  }
  assert.ok(nextProbeNumber(0, NOW_MS + 1_000) > last)
})

test('a clock that steps back a little does not turn the numbers back', () => {
  const last = nextProbeNumber(0, NOW_MS)
  assert.equal(nextProbeNumber(last, NOW_MS - 2_000), last + 1)
})

test('a clock that was far ahead does not leave the numbers in the future', () => {
  const last = nextProbeNumber(0, Date.UTC(2040, 0, 1))
  assert.equal(probeUnixMs(nextProbeNumber(last, NOW_MS)), NOW_MS)
})

test('a home that boots in 1970 has numbers too, and they are whole until 2232', () => {
  assert.equal(nextProbeNumber(0, 0), 1)
  const last = nextProbeNumber(0, Date.UTC(2232, 0, 1))
  assert.ok(Number.isSafeInteger(last))
  assert.equal(nextProbeNumber(last, Date.UTC(2232, 0, 1)), last + 1)
})
