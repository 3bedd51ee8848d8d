import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { mulberry32 } from '../core/chance.fake.ts'
import { hex } from './hex.fake.ts'
import {
  IpProtocol,
  readIp,
  readTcp,
  readUint16,
  sum16,
  TcpFlag,
  transportChecksum,
  updateChecksum,
  writeUint16,
} from './ip.ts'

// 192.0.2.10:8803 to 203.0.113.2:40000, SYN+ACK with MSS, SACK permitted and timestamps, by hand.
const SYN_ACK_IPV4 = hex(`
  4500 0038 0000 4000 4006 0000 c000 020a cb00 7102
  2263 9c40 0000 0001 0000 0002 9012 ffff 0000 0000
  0204 05b4 0402 080a 0000 0001 0000 0002`)

test('readIp() and readTcp() find their way through IPv4', () => {
  const ip = readIp(SYN_ACK_IPV4)
  assert.deepEqual(ip, {
    version: 4,
    protocol: IpProtocol.tcp,
    sourceAt: 12,
    destinationAt: 16,
    addressBytes: 4,
    payloadAt: 20,
    end: 56,
    isLaterFragment: false,
  })
  assert.deepEqual(readTcp(SYN_ACK_IPV4, ip), {
    at: 20,
    flags: TcpFlag.syn | TcpFlag.ack,
    checksumAt: 36,
    optionsAt: 40,
    payloadAt: 56,
  })
})

test('readIp() passes over IPv4 options', () => {
  const packet = hex(`
    4600 002c 0000 0000 4006 0000 c000 020a cb00 7102 9404 0000
    2263 9c40 0000 0001 0000 0002 5010 ffff 0000 0000`)
  const ip = readIp(packet)
  assert.equal(ip?.payloadAt, 24)
  assert.equal(readTcp(packet, ip)?.payloadAt, 44)
})

const IPV6 =
  '6000 0000 LENGTH NEXT 40 2001 0db8 000c 0000 0000 0000 0000 0010' +
  ' 2001 0db8 000d 0000 0000 0000 0000 0002'
const TCP = '2263 9c40 0000 0001 0000 0002 5010 ffff 0000 0000'

function ipv6(next: string, payload: string): Uint8Array {
  const length = hex(payload).length.toString(16).padStart(4, '0')
  return hex(IPV6.replace('LENGTH', length).replace('NEXT', next) + payload)
}

for (const { name, next, extensions, payloadAt } of [
  { name: 'nothing', next: '06', extensions: '', payloadAt: 40 },
  { name: 'hop-by-hop', next: '00', extensions: '0600 0104 0000 0000', payloadAt: 48 },
  {
    name: 'hop-by-hop, routing and long destination options',
    next: '00',
    extensions:
      '2b00 0104 0000 0000   3c00 0000 0000 0000   0601 010c 0000 0000 0000 0000 0000 0000',
    payloadAt: 72,
  },
  { name: 'a first fragment', next: '2c', extensions: '0600 0001 0000 002a', payloadAt: 48 },
]) {
  test(`readIp() finds TCP in IPv6 behind ${name}`, () => {
    const packet = ipv6(next, extensions + TCP)
    const ip = readIp(packet)
    assert.equal(ip?.protocol, IpProtocol.tcp)
    assert.equal(ip.payloadAt, payloadAt)
    assert.equal(readTcp(packet, ip)?.at, payloadAt)
  })
}

test('readTcp() sees no header in a later fragment of either version', () => {
  const later6 = ipv6('2c', `0600 0009 0000 002a ${TCP}`)
  const ip6 = readIp(later6)
  assert.ok(ip6?.isLaterFragment)
  assert.equal(readTcp(later6, ip6), undefined)

  const later4 = Uint8Array.from(SYN_ACK_IPV4)
  later4[7] = 1
  const ip4 = readIp(later4)
  assert.ok(ip4?.isLaterFragment)
  assert.equal(readTcp(later4, ip4), undefined)
})

for (const packet of [SYN_ACK_IPV4, ipv6('06', TCP), ipv6('00', `0600 0104 0000 0000 ${TCP}`)]) {
  test(`readIp() takes IPv${packet[0]! >> 4} of ${packet.length} bytes only whole`, () => {
    for (let seen = 0; seen < packet.length; seen++) {
      assert.equal(readIp(packet.subarray(0, seen)), undefined)
    }
    assert.equal(readIp(Uint8Array.of(...packet, 0, 0))?.end, packet.length)
  })
}

for (const { name, at, value } of [
  { name: 'version 5', at: 0, value: 0x55 },
  { name: 'a header of 16 bytes', at: 0, value: 0x44 },
  { name: 'a header longer than the packet', at: 3, value: 19 },
]) {
  test(`readIp() refuses ${name}`, () => {
    const packet = Uint8Array.from(SYN_ACK_IPV4)
    packet[at] = value
    assert.equal(readIp(packet), undefined)
  })
}

for (const { name, at, value } of [
  { name: 'UDP', at: 9, value: IpProtocol.udp },
  { name: 'a data offset of four words', at: 32, value: 0x40 },
  { name: 'a data offset past the end', at: 32, value: 0xa0 },
  { name: 'half a header', at: 3, value: 39 },
]) {
  test(`readTcp() refuses ${name}`, () => {
    const packet = Uint8Array.from(SYN_ACK_IPV4)
    packet[at] = value
    const ip = readIp(packet)
    assert.ok(ip !== undefined)
    assert.equal(readTcp(packet, ip), undefined)
  })
}

test('sum16() adds the example of RFC 1071', () => {
  assert.equal(sum16(hex('0001 f203 f4f5 f6f7'), 0, 8), 0xddf2)
  assert.equal(sum16(hex('0001 f203 f4f5 f6f7 aa'), 0, 9), 0xddf2 + 0xaa00 - 0xffff)
})

test('updateChecksum() computes the example of RFC 1624', () => {
  // Section 4: the sum over the rest is 0xcd7a, and a field goes from 0x5555 to 0x3285.
  assert.equal(updateChecksum(0xdd2f, 0x5555, 0x3285), 0x0000)
})

// What Linux 6.18 wrote into a TUN device: data with MPTCP options, 192.0.2.1 to .2 and
// [2001:db8::1] to ::2.
for (const wire of [
  `4500 004f 60da 4000 4006 55cb c000 0201 c000 0202
   e3ba 2263 793c 96a4 18fa c4c8 e018 003f 7094 0000 0101 080a daf3 8ef7 f26b 5c1b
   1e16 0101 c639 8ea4 e00c a826 b251 e306 4164 dd41 0003 0101   6162 63`,
  `600b 7605 003b 0640 2001 0db8 0000 0000 0000 0000 0000 0001
   2001 0db8 0000 0000 0000 0000 0000 0002
   dcb8 2263 6c9e 2244 5449 daba e018 0040 4b05 0000 0101 080a f9ae 183d cad5 2cc5
   1e16 0101 6d7b 5514 509b 2a27 7471 0dff 6070 a4a5 0003 0101   6162 63`,
]) {
  test(`transportChecksum() agrees with the kernel over IPv${wire[0]}`, () => {
    const packet = hex(wire)
    const ip = readIp(packet)
    assert.ok(ip !== undefined)
    const tcp = readTcp(packet, ip)
    assert.ok(tcp !== undefined)
    const byKernel = readUint16(packet, tcp.checksumAt)
    assert.equal(transportChecksum(packet, ip, tcp.checksumAt), byKernel)
    writeUint16(packet, tcp.checksumAt, 0xdead)
    assert.equal(transportChecksum(packet, ip, tcp.checksumAt), byKernel)
    if (ip.version === 4) assert.equal(sum16(packet, 0, ip.payloadAt), 0xffff)
  })
}

const packets = fc
  .tuple(fc.boolean(), fc.uint8Array({ minLength: 20, maxLength: 80 }), fc.integer())
  .map(([isV4, segment, seed]) => {
    const random = mulberry32(seed)
    segment[12] = 0x50
    const packet = new Uint8Array((isV4 ? 20 : 40) + segment.length).map(() => random() * 256)
    if (isV4) {
      packet.set(hex('4500 0000 0000 4000 4006'))
      writeUint16(packet, 2, packet.length)
    } else {
      packet.set(hex('6000 0000 0000 0640'))
      writeUint16(packet, 4, segment.length)
    }
    packet.set(segment, isV4 ? 20 : 40)
    return packet
  })

test('transportChecksum() makes every packet add up, whatever checksum stood there', () => {
  fc.assert(
    fc.property(packets, (packet) => {
      const ip = readIp(packet)!
      const tcp = readTcp(packet, ip)!
      writeUint16(packet, tcp.checksumAt, transportChecksum(packet, ip, tcp.checksumAt))
      assert.equal(slowSum(packet, ip), 0xffff)
    }),
    { seed: 1, numRuns: 500 },
  )
})

test('updateChecksum() says what summing all of it again says', () => {
  fc.assert(
    fc.property(
      packets,
      fc.nat(),
      fc.uint8Array({ minLength: 1, maxLength: 6 }),
      (packet, n, patch) => {
        const ip = readIp(packet)!
        const tcp = readTcp(packet, ip)!
        writeUint16(packet, tcp.checksumAt, transportChecksum(packet, ip, tcp.checksumAt))
        const from = tcp.at + 2 * (n % 6)
        const before = sum16(packet, from, from + patch.length)
        packet.set(patch.subarray(0, 12 - (from - tcp.at)), from)
        const after = sum16(packet, from, from + patch.length)
        const carried = readUint16(packet, tcp.checksumAt)
        writeUint16(packet, tcp.checksumAt, updateChecksum(carried, before, after))
        assert.equal(slowSum(packet, ip), 0xffff)
      },
    ),
    { seed: 2, numRuns: 500 },
  )
})

test('readIp() and readTcp() survive 200,000 packets made by chance', () => {
  const random = mulberry32(8803)
  for (let i = 0; i < 200_000; i++) {
    const packet = Uint8Array.from({ length: random() * 100 }, () => random() * 256)
    if (packet.length > 9) {
      packet[0] = random() < 0.5 ? 0x45 : 0x60
      if (random() < 0.8) packet[packet[0] === 0x45 ? 2 : 4] = 0
      if (random() < 0.8) packet[9] = packet[6] = 6
    }
    const ip = readIp(packet)
    if (ip === undefined) continue
    assert.ok(ip.payloadAt <= ip.end && ip.end <= packet.length, `packet ${i}`)
    const tcp = readTcp(packet, ip)
    if (tcp === undefined) continue
    assert.ok(tcp.optionsAt <= tcp.payloadAt && tcp.payloadAt <= ip.end, `packet ${i}`)
  }
})

/**
 * The slow twin: pseudo-header and payload written out as RFC 9293 draws them, added with bigints.
 */
function slowSum(packet: Uint8Array, ip: NonNullable<ReturnType<typeof readIp>>): number {
  const payload = packet.subarray(ip.payloadAt, ip.end)
  const covered = [
    ...packet.subarray(ip.sourceAt, ip.sourceAt + ip.addressBytes),
    ...packet.subarray(ip.destinationAt, ip.destinationAt + ip.addressBytes),
    0,
    ip.protocol,
    payload.length >> 8,
    payload.length & 0xff,
    ...payload,
    ...(payload.length % 2 === 0 ? [] : [0]),
  ]
  let sum = 0n
  for (let i = 0; i < covered.length; i += 2) sum += BigInt(covered[i]! * 256 + covered[i + 1]!)
  while (sum > 0xffffn) sum = (sum & 0xffffn) + (sum >> 16n)
  return Number(sum)
}
