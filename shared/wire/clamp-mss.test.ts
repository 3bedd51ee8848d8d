import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clampMss } from './clamp-mss.ts'
import { hex } from './hex.fake.ts'
import { readIp, transportChecksum, writeUint16 } from './ip.ts'

const V4 = '4500 LEN 0000 4000 4006 0000 0a000002 c0000263'
const V6 = '6000 0000 LEN 06 40 20010db8000000000000000000000001 20010db8000000000000000000000002'

for (const [name, options, at] of [
  ['first', '0204 05b4', 22],
  ['behind NOPs, at an odd place', '01 0204 05b4 010101', 23],
  ['behind others', '0402 080a 00000001 00000000 0204 05b4', 34],
] as const) {
  for (const [version, head, headBytes] of [
    ['IPv4', V4, 20],
    ['IPv6', V6, 40],
  ] as const) {
    test(`clampMss() lowers an MSS ${name} in ${version}, with a right checksum`, () => {
      const packet = syn(head, headBytes, options)
      assert.ok(clampMss(packet, 0, packet.length, 1_300))
      assert.equal(
        (packet[headBytes + at]! << 8) | packet[headBytes + at + 1]!,
        1_300 - headBytes - 20,
      )
      assert.equal(checksum(packet, headBytes), carried(packet, headBytes))
    })
  }
}

test('clampMss() finds the packet where it stands in memory', () => {
  const packet = syn(V4, 20, '0204 05b4')
  const memory = new Uint8Array(16 + packet.length)
  memory.set(packet, 16)
  assert.ok(clampMss(memory, 16, packet.length, 1_300))
  assert.ok(clampMss(packet, 0, packet.length, 1_300))
  assert.deepEqual(memory.subarray(16), packet)
})

for (const [name, options] of [
  ['options that end', '00 0204 05b4 000000'],
  ['an option of no length', '0300 0204 05b4 0000'],
  ['an option longer than the header', '03ff 0204 05b4 0000'],
] as const) {
  test(`clampMss() leaves ${name} alone`, () => {
    const packet = syn(V4, 20, options)
    assert.equal(clampMss(packet, 0, packet.length, 1_300), false)
  })
}

test('clampMss() leaves every beginning of a packet alone', () => {
  const packet = syn(V6, 40, '0204 05b4')
  for (let bytes = 0; bytes < packet.length; bytes++) {
    assert.equal(clampMss(packet, 0, bytes, 1_300), false)
  }
})

test('clampMss() leaves a lower MSS, a segment without SYN, and UDP alone', () => {
  const low = syn(V4, 20, '0204 0200')
  const data = syn(V4, 20, '0204 05b4')
  data[33] = 0x10
  const udp = syn(V4, 20, '0204 05b4')
  udp[9] = 17
  for (const packet of [low, data, udp]) {
    const before = Uint8Array.from(packet)
    assert.equal(clampMss(packet, 0, packet.length, 1_300), false)
    assert.deepEqual(packet, before)
  }
})

function syn(head: string, headBytes: number, options: string): Uint8Array {
  const tcpBytes = 20 + hex(options).length
  const length = (headBytes === 20 ? headBytes + tcpBytes : tcpBytes).toString(16).padStart(4, '0')
  const offset = (tcpBytes / 4).toString(16)
  const packet = hex(
    `${head.replace('LEN', length)} 1388 01bb 00000001 00000000 ${offset}002 ffff 0000 0000 ${options}`,
  )
  writeUint16(packet, headBytes + 16, checksum(packet, headBytes))
  return packet
}

function checksum(packet: Uint8Array, headBytes: number): number {
  return transportChecksum(packet, readIp(packet)!, headBytes + 16)
}

function carried(packet: Uint8Array, headBytes: number): number {
  return (packet[headBytes + 16]! << 8) | packet[headBytes + 17]!
}
