import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { hex } from './hex.fake.ts'
import {
  decodeSockaddr,
  encodeSockaddr4,
  encodeSockaddr6,
  encodeSockaddrNetlink,
} from './sockaddr.ts'

const v4 = parseAddress('192.0.2.25')!
const v6 = parseAddress('2001:db8::1:80')!

const IPV4_WIRE = '0200 01bb   c000 0219   0000 0000 0000 0000'
const MAPPED_WIRE = '0a00 01bb   0000 0000   0000 0000 0000 0000 0000 ffff c000 0219   0000 0000'
const IPV6_WIRE = '0a00 1f90   0000 0000   2001 0db8 0000 0000 0000 0000 0001 0080   0300 0000'

test('encodeSockaddr4() lays out sockaddr_in', () => {
  assert.deepEqual(encodeSockaddr4(v4, 443), hex(IPV4_WIRE))
})

test('encodeSockaddr4() throws on an IPv6 address', () => {
  assert.throws(() => encodeSockaddr4(v6, 443), RangeError)
})

test('encodeSockaddr6() lays out sockaddr_in6, IPv4 mapped, scope id in host order', () => {
  assert.deepEqual(encodeSockaddr6(v4, 443), hex(MAPPED_WIRE))
  assert.deepEqual(encodeSockaddr6(v6, 8080, 3), hex(IPV6_WIRE))
})

test('encodeSockaddrNetlink() leaves the port id to the kernel', () => {
  assert.deepEqual(encodeSockaddrNetlink(), hex('1000 0000   0000 0000   0000 0000'))
  assert.deepEqual(encodeSockaddrNetlink(0x11), hex('1000 0000   0000 0000   1100 0000'))
})

test('decodeSockaddr() reads either family, and IPv4 the same in both', () => {
  assert.deepEqual(decodeSockaddr(hex(IPV4_WIRE)), { address: v4, port: 443 })
  assert.deepEqual(decodeSockaddr(hex(MAPPED_WIRE)), { address: v4, port: 443 })
  assert.deepEqual(decodeSockaddr(hex(IPV6_WIRE)), { address: v6, port: 8080 })
})

test('decodeSockaddr() reads a sockaddr_storage with more room than it needs', () => {
  const storage = new Uint8Array(128)
  storage.set(hex(IPV6_WIRE))
  assert.deepEqual(decodeSockaddr(storage), { address: v6, port: 8080 })
})

test('decodeSockaddr() keeps its answer when the kernel fills the buffer again', () => {
  const buffer = hex(IPV6_WIRE)
  const decoded = decodeSockaddr(buffer)
  buffer.fill(0xff)
  assert.deepEqual(decoded, { address: v6, port: 8080 })
})

test('decodeSockaddr() refuses other families and short buffers', () => {
  assert.equal(decodeSockaddr(encodeSockaddrNetlink()), undefined)
  assert.equal(decodeSockaddr(hex(`0100 ${'00'.repeat(26)}`)), undefined)
  for (let bytes = 0; bytes < 16; bytes++) {
    assert.equal(decodeSockaddr(hex(IPV4_WIRE).subarray(0, bytes)), undefined)
  }
  for (let bytes = 0; bytes < 28; bytes++) {
    assert.equal(decodeSockaddr(hex(IPV6_WIRE).subarray(0, bytes)), undefined)
  }
})
