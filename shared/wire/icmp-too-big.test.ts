import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from './hex.fake.ts'
import { icmpTooBig } from './icmp-too-big.ts'
import { readIp, sum16, transportChecksum } from './ip.ts'

const ROUTER4 = hex('0a000001')
const ROUTER6 = hex('fe80 0000 0000 0000 0000 0000 0000 0001')

test('icmpTooBig() tells an IPv4 sender the MTU, quoting what every host takes', () => {
  const packet = ipv4({ bytes: 1_400 })
  const answer = icmpTooBig(packet, 1_372, ROUTER4)!
  const ip = readIp(answer)!
  assert.equal(answer.length, 576)
  assert.deepEqual([ip.version, ip.protocol, ip.end], [4, 1, 576])
  assert.deepEqual(answer.subarray(12, 16), ROUTER4)
  assert.deepEqual(answer.subarray(16, 20), packet.subarray(12, 16))
  assert.deepEqual(answer.subarray(20, 22), hex('03 04'))
  assert.deepEqual(answer.subarray(24, 28), hex('0000 055c'))
  assert.deepEqual(answer.subarray(28), packet.subarray(0, 548))
  assert.equal(sum16(answer, 0, 20), 0xffff)
  assert.equal(sum16(answer, 20, 576), 0xffff)
})

test('icmpTooBig() tells an IPv6 sender the MTU, in 1,280 bytes at most', () => {
  const packet = ipv6({ bytes: 1_500 })
  const answer = icmpTooBig(packet, 1_372, ROUTER6)!
  const ip = readIp(answer)!
  assert.equal(answer.length, 1_280)
  assert.deepEqual([ip.version, ip.protocol, ip.payloadAt], [6, 58, 40])
  assert.deepEqual(answer.subarray(24, 40), packet.subarray(8, 24))
  assert.deepEqual(answer.subarray(40, 42), hex('02 00'))
  assert.deepEqual(answer.subarray(44, 48), hex('0000 055c'))
  assert.equal(transportChecksum(answer, ip, 42), (answer[42]! << 8) | answer[43]!)
})

for (const [name, packet, router] of [
  ['what may be fragmented', ipv4({ bytes: 1_400, flags: 0 }), ROUTER4],
  ['a later fragment', ipv4({ bytes: 1_400, flags: 0x4001 }), ROUTER4],
  ['an ICMP error', ipv4({ bytes: 1_400, protocol: 1, payload: '03 01' }), ROUTER4],
  ['a multicast source', ipv4({ bytes: 1_400, source: 'e0000001' }), ROUTER4],
  ['no source', ipv4({ bytes: 1_400, source: '00000000' }), ROUTER4],
  ['an ICMPv6 error', ipv6({ bytes: 1_400, protocol: 58, payload: '01 00' }), ROUTER6],
  ['an IPv6 packet in the name of an IPv4 router', ipv6({ bytes: 1_400 }), ROUTER4],
  ['no packet', hex('ff'), ROUTER4],
] as const) {
  test(`icmpTooBig() says nothing about ${name}`, () => {
    assert.equal(icmpTooBig(packet, 1_372, router), undefined)
  })
}

test('icmpTooBig() answers a ping like any packet', () => {
  assert.ok(icmpTooBig(ipv4({ bytes: 1_400, protocol: 1, payload: '08 00' }), 1_372, ROUTER4))
  assert.ok(icmpTooBig(ipv6({ bytes: 1_400, protocol: 58, payload: '80 00' }), 1_372, ROUTER6))
})

interface Packet {
  readonly bytes: number
  readonly protocol?: number
  readonly flags?: number
  readonly source?: string
  readonly payload?: string
}

function ipv4({ bytes, protocol = 17, flags = 0x4000, source = '0a000002', payload = '' }: Packet) {
  const packet = new Uint8Array(bytes).fill(0xab)
  packet.set(hex('4500 0000 0000 0000 40 11 0000'))
  packet.set([bytes >> 8, bytes & 0xff], 2)
  packet.set([flags >> 8, flags & 0xff], 6)
  packet[9] = protocol
  packet.set(hex(source), 12)
  packet.set(hex('c0000263'), 16)
  packet.set(hex(payload), 20)
  return packet
}

function ipv6({ bytes, protocol = 17, payload = '' }: Packet) {
  const packet = new Uint8Array(bytes).fill(0xab)
  packet.set(hex('6000 0000 0000 00 40 20010db8000000000000000000000002'))
  packet.set([(bytes - 40) >> 8, (bytes - 40) & 0xff], 4)
  packet[6] = protocol
  packet.set(hex('20010db8000000000000000000000099'), 24)
  packet.set(hex(payload), 40)
  return packet
}
