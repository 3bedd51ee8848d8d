import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crossedBytes } from './merged-packets.ts'

test('packets as the line carries them are counted as they are', () => {
  for (const one of [
    { packets: 1_000, bytes: 1_500_000 },
    { packets: 1_000, bytes: 64_000 },
    { packets: 1, bytes: 60 },
    { packets: 0, bytes: 0 },
    { packets: 700, bytes: 200 * 1_500 + 500 * 64 },
  ]) {
    assert.equal(crossedBytes(one, 'ipv4'), one.bytes)
    assert.equal(crossedBytes(one, 'ipv6'), one.bytes)
  }
})

test('of a download that was merged, the missing headers are found again', () => {
  for (const merged of [2, 4, 17, 45]) {
    const segments = 45_000
    const packets = segments / merged
    const ipv4 = { packets, bytes: segments * 1_420 + packets * 80 }
    assert.equal(crossedBytes(ipv4, 'ipv4'), segments * 1_500)
    const ipv6 = { packets, bytes: segments * 1_400 + packets * 100 }
    assert.equal(crossedBytes(ipv6, 'ipv6'), segments * 1_500)
  }
})

test('a mixture with acknowledgements is told within one percent', () => {
  const counted = { packets: 1_000 + 500, bytes: 1_000 * (4 * 1_420 + 80) + 500 * 64 }
  const crossed = 4_000 * 1_500 + 500 * 64
  assert.ok(Math.abs(crossedBytes(counted, 'ipv4') / crossed - 1) < 0.01)
})
