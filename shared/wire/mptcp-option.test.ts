import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../core/chance.fake.ts'
import { hex } from './hex.fake.ts'
import { readIp, readTcp, readUint16, transportChecksum, writeUint16 } from './ip.ts'
import { findMptcpOptions, MptcpSubtype, neutralise } from './mptcp-option.ts'

const { capable, join, dss, fastclose, tcprst } = MptcpSubtype
const IPV4 = 'c000 0201 c000 0202 e3ba 2263'
const IPV6 = '2001 0db8 0000 0000 0000 0000 0000 0001 2001 0db8 0000 0000 0000 0000 0000 0002'

// `before` with a checksum as Linux 6.18 wrote it into a TUN device; the last three by hand.
const vectors: ReadonlyArray<{
  name: string
  before: string
  subtypes: readonly number[]
  take: readonly number[]
  after: string
}> = [
  {
    name: 'MP_CAPABLE from a SYN',
    before: `4500 0040 60d8 4000 4006 55dc ${IPV4} 793c 96a3 0000 0000 b002 faf0 1a16 0000
      0204 05b4 0402 080a daf3 8ef7 0000 0000 0103 030a   1e04 0101`,
    subtypes: [capable],
    take: [capable],
    after: `4500 0040 60d8 4000 4006 55dc ${IPV4} 793c 96a3 0000 0000 b002 faf0 3719 0000
      0204 05b4 0402 080a daf3 8ef7 0000 0000 0103 030a   0101 0101`,
  },
  {
    name: 'MP_CAPABLE from a SYN over IPv6',
    before: `600b 7605 002c 0640 ${IPV6} dcb8 2263 6c9e 2243 0000 0000 b002 fd20 2089 0000
      0204 05a0 0402 080a f9ae 183d 0000 0000 0103 030a   1e04 0101`,
    subtypes: [capable],
    take: [capable, join],
    after: `600b 7605 002c 0640 ${IPV6} dcb8 2263 6c9e 2243 0000 0000 b002 fd20 3d8c 0000
      0204 05a0 0402 080a f9ae 183d 0000 0000 0103 030a   0101 0101`,
  },
  {
    name: 'the DSS of a data segment, and no byte of its payload',
    before: `6003 535f 0041 0640 2001 0db8 0000 0000 0000 0000 0000 0002
      2001 0db8 0000 0000 0000 0000 0000 0001
      2263 dcb8 5449 daba 6c9e 2247 f018 003f dc1e 0000 0101 080a cad5 2d2a f9ae 183d
      1e1a 200f 1f56 1c0a dc6f c8b8 7816 ac25 63b9 2d54 0000 0001 0005 0101   6465 6667 68`,
    subtypes: [dss],
    take: [dss],
    after: `6003 535f 0041 0640 2001 0db8 0000 0000 0000 0000 0000 0002
      2001 0db8 0000 0000 0000 0000 0000 0001
      2263 dcb8 5449 daba 6c9e 2247 f018 003f SEAL 0000 0101 080a cad5 2d2a f9ae 183d
      0101 0101 0101 0101 0101 0101 0101 0101 0101 0101 0101 0101 0101 0101   6465 6667 68`,
  },
  {
    name: 'nothing, when it is asked for another subtype',
    before: `4500 0040 21ec 4000 4006 94c8 c000 0202 c000 0201
      2263 e3ba 18fa c4c8 793c 96a7 b010 003f ca0e 0000 0101 080a f26b 5c1b daf3 8ef7
      1e0c 2003 d6c5 2af6 a5cf 668d`,
    subtypes: [dss],
    take: [capable, join],
    after: `4500 0040 21ec 4000 4006 94c8 c000 0202 c000 0201
      2263 e3ba 18fa c4c8 793c 96a7 b010 003f ca0e 0000 0101 080a f26b 5c1b daf3 8ef7
      1e0c 2003 d6c5 2af6 a5cf 668d`,
  },
  {
    name: 'one of two, which ends on an odd offset',
    before: `4500 003c 0000 4000 4006 0000 ${IPV4} 0000 0001 0000 0002 a014 ffff SEAL 0000
      011e 0c70 00e8 19d0 06b0 2d97 01   1e 0480 00   01 0101`,
    subtypes: [fastclose, tcprst],
    take: [fastclose],
    after: `4500 003c 0000 4000 4006 0000 ${IPV4} 0000 0001 0000 0002 a014 ffff SEAL 0000
      0101 0101 0101 0101 0101 0101 01   1e 0480 00   01 0101`,
  },
  {
    name: 'a join behind an odd option and a kind 30 without a subtype',
    before: `4500 003c 0000 4000 4006 0000 ${IPV4} 0000 0001 0000 0000 a002 ffff SEAL 0000
      0303 07   1e02   1e0c 1001 c00c 1e42 1122 3344   01 0101`,
    subtypes: [join],
    take: [join],
    after: `4500 003c 0000 4000 4006 0000 ${IPV4} 0000 0001 0000 0000 a002 ffff SEAL 0000
      0303 07   1e02   0101 0101 0101 0101 0101 0101   01 0101`,
  },
  {
    name: 'nothing behind the end of the list',
    before: `4500 0030 0000 4000 4006 0000 ${IPV4} 0000 0001 0000 0000 7002 ffff SEAL 0000
      0101 0100   1e04 0101`,
    subtypes: [],
    take: [capable],
    after: `4500 0030 0000 4000 4006 0000 ${IPV4} 0000 0001 0000 0000 7002 ffff SEAL 0000
      0101 0100   1e04 0101`,
  },
]

for (const { name, before, subtypes, take, after } of vectors) {
  test(`findMptcpOptions() names the subtypes: ${name}`, () => {
    assert.deepEqual(foundIn(sealed(before)), subtypes)
  })

  test(`neutralise() takes ${name}`, () => {
    const packet = sealed(before)
    const taken = subtypes.filter((subtype) => take.includes(subtype)).length
    assert.equal(neutralise(packet, new Set(take)), taken)
    assert.deepEqual(packet, sealed(after))
    assert.equal(neutralise(packet, new Set(take)), 0)
  })
}

test('neutralise() works inside a larger buffer, and leaves the rest alone', () => {
  const [{ before, after }] = vectors as [(typeof vectors)[number]]
  const buffer = new Uint8Array(2_048).fill(0x1e)
  buffer.set(sealed(before), 100)
  assert.equal(neutralise(buffer.subarray(100, 100 + sealed(before).length), new Set([capable])), 1)
  assert.deepEqual(buffer.slice(100, 100 + sealed(before).length), sealed(after))
  assert.ok(buffer.subarray(100 + sealed(before).length).every((byte) => byte === 0x1e))
})

test('neutralise() leaves a wrong checksum wrong', () => {
  const packet = sealed(vectors[0]!.before)
  packet[37]! ^= 1
  neutralise(packet, new Set([capable]))
  const ip = readIp(packet)!
  assert.notEqual(readUint16(packet, 36), transportChecksum(packet, ip, 36))
})

test('findMptcpOptions() stops at an option without a right length', () => {
  for (const options of ['1e00 0000 1e04 0101', '1e0d 0000 1e04 0101', '0101 011e']) {
    const words = (5 + hex(options).length / 4).toString(16)
    const packet =
      hex(`4500 00${(20 + Number.parseInt(words, 16) * 4).toString(16)} 0000 4000 4006 0000
      ${IPV4} 0000 0001 0000 0000 ${words}002 ffff 0000 0000 ${options}`)
    assert.deepEqual(foundIn(packet), [])
    assert.equal(neutralise(packet, new Set([capable])), 0)
  }
})

test('neutralise() survives 100,000 bent packets, and only ever makes NOPs', () => {
  const random = mulberry32(30)
  const all = new Set(Object.values(MptcpSubtype))
  for (let i = 0; i < 100_000; i++) {
    const packet = sealed(vectors[i % vectors.length]!.before)
    const ip = readIp(packet)!
    const header = ip.payloadAt + 20
    for (let bends = random() * 4; bends > 0; bends--) {
      packet[header + Math.floor(random() * (packet.length - header))] = random() * 64
    }
    if (random() < 0.1) packet[Math.floor(random() * packet.length)] = random() * 256
    seal(packet)
    const came = Uint8Array.from(packet)
    const taken = neutralise(packet, all)
    const tcp = checksumAt(packet)
    for (const [at, byte] of packet.entries()) {
      if (byte === came[at] || at === tcp || at === tcp + 1) continue
      assert.ok(taken > 0 && byte === 1, `packet ${i}, byte ${at}`)
    }
    const before = Uint8Array.from(packet)
    seal(packet)
    // 0x0000 and 0xffff are one number in ones' complement.
    if (readUint16(before, tcp) % 0xffff !== 0) assert.deepEqual(packet, before, `packet ${i}`)
  }
})

/** Packet bytes; where the text says SEAL, the checksum that belongs there. */
function sealed(text: string): Uint8Array {
  const packet = hex(text.replace('SEAL', '0000'))
  if (text.includes('SEAL')) seal(packet)
  return packet
}

function seal(packet: Uint8Array): void {
  const ip = readIp(packet)
  if (ip === undefined || readTcp(packet, ip) === undefined) return
  const at = checksumAt(packet)
  writeUint16(packet, at, transportChecksum(packet, ip, at))
}

function checksumAt(packet: Uint8Array): number {
  const ip = readIp(packet)
  return (ip?.payloadAt ?? 0) + 16
}

function foundIn(packet: Uint8Array): number[] {
  const ip = readIp(packet)
  const tcp = ip && readTcp(packet, ip)
  assert.ok(tcp !== undefined)
  return findMptcpOptions(packet, tcp).map(({ subtype }) => subtype)
}
