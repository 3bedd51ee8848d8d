import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundTo, decodeCookie, encodeCookie, markOf } from './cookie.ts'
import { hex } from './hex.fake.ts'

const cookie = {
  keyId: 7,
  leg: 2,
  expiryS: 0x6926_1c00,
  pseudonym: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
}
const prefix = Uint8Array.of(203, 0, 113, 2, 128)
/** A sum with a number of its own for every length: enough to see what was signed. */
const mac = (bytes: Uint8Array) => new Uint8Array(20).fill(bytes.length)

test('a cookie has 32 bytes, each in its place', () => {
  assert.equal(
    Buffer.from(encodeCookie(cookie, prefix, mac)).toString('hex'),
    `0702${'1010'}69261c000102030405060708${'15'.repeat(16)}`,
  )
})

test('what was encoded decodes to itself, with what was signed beside it', () => {
  const decoded = decodeCookie(encodeCookie(cookie, prefix, mac))
  assert.ok(decoded !== undefined)
  assert.deepEqual(
    { ...decoded.cookie, pseudonym: Uint8Array.from(decoded.cookie.pseudonym) },
    cookie,
  )
  assert.equal(decoded.mark, markOf(mac(decoded.marked)))
  assert.deepEqual(Uint8Array.from(decoded.marked.subarray(2, 4)), Uint8Array.of(0, 0))
  assert.deepEqual(decoded.mac, mac(boundTo(decoded.signed, prefix)).subarray(0, 16))
})

test('decoding changes nothing in the buffer that the network filled', () => {
  const bytes = Buffer.from(encodeCookie(cookie, prefix, mac))
  const before = Buffer.from(bytes)
  decodeCookie(bytes)
  assert.deepEqual(bytes, before)
})

test('any other length is no such cookie', () => {
  for (const length of [0, 8, 28, 31, 33, 36, 64]) {
    assert.equal(decodeCookie(new Uint8Array(length)), undefined)
  }
  assert.ok(decodeCookie(new Uint8Array(32)) !== undefined)
})

test('a pseudonym of another length is our own mistake', () => {
  assert.throws(() => encodeCookie({ ...cookie, pseudonym: hex('0102') }, prefix, mac), RangeError)
})
