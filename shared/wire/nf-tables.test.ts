import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { hex } from './hex.fake.ts'
import {
  ELEMENTS_MAX,
  encodeElementDelete,
  encodeElements,
  encodeElementsFlush,
} from './nf-tables.ts'

const peer4 = { address: parseAddress('198.51.100.129')!, port: 5_555 }
const peer6 = { address: parseAddress('2001:db8::1')!, port: 80 }
const class4 = { table: 't', map: 'class4' }
const HEAD = '01 00 0000   0600 0100 74 00 0000   0b00 0200 636c61737334 00 00'

// Lists as nft 1.0.6 sends them for `nft add element inet t class4 { 198.51.100.129 . 5555 : 8810:31 }`.
test('encodeElements() writes address and port as they stand in a packet, the class as the machine does', () => {
  assert.deepEqual(
    encodeElements(class4, [{ peer: peer4, handle: 0x8810_0031 }]),
    hex(`${HEAD} 2400 0380
      2000 0180 1000 0180 0c00 0100 c6336481 15b3 0000 0c00 0280 0800 0100 31001088`),
  )
})

test('encodeElements() writes all of an IPv6 address', () => {
  const bytes = encodeElements({ ...class4, map: 'class6' }, [{ peer: peer6, handle: 0x8810_0031 }])
  assert.deepEqual(
    bytes.subarray(24),
    hex(`3000 0380 2c00 0180 1c00 0180 1800 0100 20010db8 00000000 00000000 00000001 0050 0000
      0c00 0280 0800 0100 31001088`),
  )
})

test('encodeElementDelete() names the keys alone', () => {
  assert.deepEqual(
    encodeElementDelete(class4, [peer4]),
    hex(`${HEAD} 1800 0380 1400 0180 1000 0180 0c00 0100 c6336481 15b3 0000`),
  )
})

test('encodeElementsFlush() names the map and no element', () => {
  assert.deepEqual(encodeElementsFlush(class4), hex(HEAD))
})

test('a list that its own length could not count is refused, the longest one is not', () => {
  const longest = Array.from({ length: ELEMENTS_MAX }, () => ({ peer: peer6, handle: 1 }))
  const bytes = encodeElements(class4, longest)
  assert.equal(new DataView(bytes.buffer).getUint16(24, true), bytes.length - 24)
  assert.throws(() => encodeElements(class4, [...longest, ...longest]), RangeError)
})
