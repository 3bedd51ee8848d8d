import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hex } from '../../shared/wire/hex.fake.ts'
import { readIp, readTcp, transportChecksum, writeUint16 } from '../../shared/wire/ip.ts'
import { findMptcpOptions, MptcpSubtype } from '../../shared/wire/mptcp-option.ts'
import { STRIPS, type Strip } from './line-cells.ts'
import { stripMptcp } from './line-strip.ts'

const CAPABLE_SYN = tcpPacket({ flags: 0x02, options: '1e04 0101' })
const JOIN_SYN = tcpPacket({ flags: 0x02, options: '1e0c 1001 00000001 00000002' })
const CAPABLE_ACK = tcpPacket({
  flags: 0x10,
  options: '1e14 0101 0000000000000001 0000000000000002',
})
const JOIN_ACK = tcpPacket({ flags: 0x10, options: `1e18 1000 ${'ab'.repeat(20)}` })
const DATA = tcpPacket({ flags: 0x18, options: '1e08 2001 00000001' })

const rows: Readonly<Record<Strip, ReadonlyArray<readonly [Uint8Array, survives: boolean]>>> = {
  off: [CAPABLE_SYN, JOIN_SYN, CAPABLE_ACK, JOIN_ACK, DATA].map((packet) => [packet, true]),
  syn: [
    [CAPABLE_SYN, false],
    [JOIN_SYN, true],
    [CAPABLE_ACK, true],
    [JOIN_ACK, true],
    [DATA, true],
  ],
  join: [
    [CAPABLE_SYN, true],
    [JOIN_SYN, false],
    [CAPABLE_ACK, true],
    [JOIN_ACK, false],
    [DATA, true],
  ],
  data: [
    [CAPABLE_SYN, true],
    [JOIN_SYN, true],
    [CAPABLE_ACK, false],
    [JOIN_ACK, false],
    [DATA, false],
  ],
}

for (const strip of STRIPS) {
  test(`stripMptcp(${strip}) takes what it says, and leaves the checksum right`, () => {
    for (const [packet, survives] of rows[strip]) {
      const stripped = packet.slice()
      stripMptcp(stripped, stripped.length, strip)
      assert.equal(
        subtypes(stripped).length,
        survives ? 1 : 0,
        `subtype ${subtypes(packet).join()}`,
      )
      const ip = readIp(stripped)!
      const before = stripped.slice(36, 38)
      writeUint16(stripped, 36, transportChecksum(stripped, ip, 36))
      assert.deepEqual(stripped.slice(36, 38), before)
    }
  })
}

test('stripMptcp() looks no further than the packet goes', () => {
  const buffer = Buffer.concat([DATA, DATA])
  stripMptcp(buffer, DATA.length, 'data')
  assert.deepEqual(subtypes(buffer.subarray(0, DATA.length)), [])
  assert.deepEqual(subtypes(buffer.subarray(DATA.length)), [MptcpSubtype.dss])
})

function subtypes(packet: Uint8Array): number[] {
  const tcp = readTcp(packet, readIp(packet)!)!
  return findMptcpOptions(packet, tcp).map(({ subtype }) => subtype)
}

function tcpPacket({ flags, options }: { flags: number; options: string }): Uint8Array {
  const optionBytes = hex(options)
  const tcpBytes = 20 + optionBytes.length
  const packet = new Uint8Array(20 + tcpBytes)
  packet.set(hex('4500 0000 0000 4000 4006 0000   0a00 0001   0a00 0002'))
  packet.set(hex('3039 2263   0000 0001   0000 0002   0000 ffff 0000 0000'), 20)
  packet[32] = (tcpBytes / 4) << 4
  packet[33] = flags
  packet.set(optionBytes, 40)
  writeUint16(packet, 2, packet.length)
  writeUint16(packet, 36, transportChecksum(packet, readIp(packet)!, 36))
  return packet
}
