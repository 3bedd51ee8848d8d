import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import {
  decodeCounts,
  decodeOrder,
  encodeCount,
  encodeOrder,
  isSpeedTest,
  SPEED_TEST,
  SpeedTestMode,
} from './speed-test.ts'

test('an order is sixteen bytes, and what follows is not looked at', () => {
  const order = { mode: SpeedTestMode.down, bytes: 10_500_000 }
  const bytes = encodeOrder(order)
  assert.equal(Buffer.from(bytes).toString('hex'), '6879627401000000000000000' + '0a037a0')
  assert.deepEqual(decodeOrder(Buffer.concat([bytes, Buffer.from('more')])), order)
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(decodeOrder(bytes.subarray(0, length)), 'incomplete')
  }
})

test('other words are alien', () => {
  const wrong = encodeOrder({ mode: SpeedTestMode.up, bytes: 0 })
  wrong[4] = 9
  assert.equal(decodeOrder(wrong), 'alien')
  assert.equal(decodeOrder(Buffer.from('GET / HTTP/1.1\r\n')), 'alien')
})

test('counts are read as far as they are whole', () => {
  const counts = [
    { bytes: 1, us: 2 },
    { bytes: 5_000_000_000, us: 4_000_000 },
  ]
  const bytes = Buffer.concat(counts.map(encodeCount))
  assert.deepEqual(decodeCounts(bytes), counts)
  assert.deepEqual(decodeCounts(bytes.subarray(0, 31)), [counts[0]])
  assert.deepEqual(decodeCounts(bytes.subarray(0, 3)), [])
})

test('the address is one that no server can have, and the port is part of it', () => {
  assert.deepEqual(parseAddress('100::5eed'), Uint8Array.from(SPEED_TEST.address))
  assert.ok(isSpeedTest(SPEED_TEST))
  assert.ok(!isSpeedTest({ ...SPEED_TEST, port: 80 }))
  assert.ok(!isSpeedTest({ ...SPEED_TEST, address: new Uint8Array(16) }))
})
