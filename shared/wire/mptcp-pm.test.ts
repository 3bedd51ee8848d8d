import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import {
  decodeEvent,
  encodeAnnounce,
  encodeRemove,
  encodeSetBackup,
  encodeSubflowCreate,
  encodeSubflowDestroy,
  type MptcpEvent,
} from './mptcp-pm.ts'

const HOME = 0xa997a06a
const CLOUD = 0x4e0ffd99
const dsl = { address: parseAddress('10.9.1.2')!, port: 57_948 }
const lte = { address: parseAddress('10.9.2.2')!, port: 48_147 }
const cloud = { address: parseAddress('192.0.2.10')!, port: 8_803 }

// Events of Linux 6.18.44 about one connection of AF_INET6 sockets, on either end.
const vectors: ReadonlyArray<{ name: string; wire: string; event: MptcpEvent | undefined }> = [
  {
    name: 'created, at the server',
    wire: `01010000 08000100 99fd0f4e 05001200 01000000 06000d00 02000000 06000200 0a000000
      14000600 00000000 00000000 0000ffff c000020a 14000800 00000000 00000000 0000ffff 0a090102
      06000900 22630000 06000a00 e25c0000 05000300 00000000 05000400 00000000`,
    event: { type: 'created', token: CLOUD, local: cloud, remote: dsl, serverSide: true },
  },
  {
    name: 'established, at the client',
    wire: `02010000 08000100 6aa097a9 06000200 0a000000
      14000600 00000000 00000000 0000ffff 0a090102 14000800 00000000 00000000 0000ffff c000020a
      06000900 e25c0000 06000a00 22630000 05000300 00000000 05000400 00000000`,
    event: { type: 'established', token: HOME, local: dsl, remote: cloud, serverSide: false },
  },
  {
    name: 'a join, at the client',
    wire: `0a010000 08000100 6aa097a9 06000200 0a000000
      14000600 00000000 00000000 0000ffff 0a090202 14000800 00000000 00000000 0000ffff c000020a
      06000900 bc130000 06000a00 22630000 05000300 02000000 05000400 00000000 05000b00 00000000
      08000f00 03000000`,
    event: {
      type: 'subflowEstablished',
      token: HOME,
      local: lte,
      remote: cloud,
      localId: 2,
      remoteId: 0,
      backup: false,
      ifIndex: 3,
      errno: 0,
      resetReason: undefined,
    },
  },
  {
    name: 'the same join, at the server, which sees the backup flag',
    wire: `0a010000 08000100 99fd0f4e 06000200 0a000000
      14000600 00000000 00000000 0000ffff c000020a 14000800 00000000 00000000 0000ffff 0a090202
      06000900 22630000 06000a00 bc130000 05000300 00000000 05000400 02000000 05000b00 01000000`,
    event: {
      type: 'subflowEstablished',
      token: CLOUD,
      local: cloud,
      remote: lte,
      localId: 0,
      remoteId: 2,
      backup: true,
      ifIndex: undefined,
      errno: 0,
      resetReason: undefined,
    },
  },
  {
    name: 'a join of an AF_INET subflow that was refused',
    wire: `0b010000 08000100 6aa097a9 06000200 02000000 08000500 0a090202 08000700 c000020a
      06000900 bc130000 06000a00 22630000 05000300 02000000 05000400 00000000 05000b00 00000000
      05000c00 6f000000 08000f00 03000000 08001000 01000000`,
    event: {
      type: 'subflowClosed',
      token: HOME,
      local: lte,
      remote: cloud,
      localId: 2,
      remoteId: 0,
      backup: false,
      ifIndex: 3,
      errno: 111,
      resetReason: 1,
    },
  },
  {
    name: 'an announced address',
    wire: `06010000 08000100 6aa097a9 05000400 07000000 06000a00 22630000 08000700 cb007107`,
    event: {
      type: 'announced',
      token: HOME,
      remoteId: 7,
      remote: { address: parseAddress('203.0.113.7')!, port: 8_803 },
    },
  },
  {
    name: 'a removed address',
    wire: '07010000 08000100 99fd0f4e 05000400 02000000',
    event: { type: 'removed', token: CLOUD, remoteId: 2 },
  },
  {
    name: 'closed',
    wire: '03010000 08000100 6aa097a9',
    event: { type: 'closed', token: HOME },
  },
  {
    name: 'nothing in a listener',
    wire: `0f010000 06000200 0a000000 06000900 22630000
      14000600 00000000 00000000 00000000 00000000`,
    event: undefined,
  },
]

for (const { name, wire, event } of vectors) {
  test(`decodeEvent() reads ${name}`, () => {
    assert.deepEqual(decodeEvent(hex(wire)), event)
  })
}

test('decodeEvent() never throws, whatever the bytes', () => {
  for (const [seed, { wire }] of vectors.entries()) {
    for (const bytes of damaged(hex(wire), 1_000, seed)) decodeEvent(bytes)
  }
})

const REMOTE = `2800 0680   0600 0100 0a00 0000   1400 0400 00000000 00000000 0000ffff c000020a
  0600 0500 6322 0000`

test('encodeSubflowCreate() names IPv4 as a mapped address', () => {
  const origin = { address: lte.address, id: 2, ifIndex: 3, backup: true }
  assert.deepEqual(
    encodeSubflowCreate(HOME, origin, cloud),
    hex(`0a010000   0800 0400 6aa097a9
      3800 0180   0600 0100 0a00 0000   1400 0400 00000000 00000000 0000ffff 0a090202
      0500 0200 02 000000   0800 0600 04000000   0800 0700 03000000   ${REMOTE}`),
  )
})

test('encodeSubflowDestroy() names both ends in the family of the socket', () => {
  assert.deepEqual(
    encodeSubflowDestroy(HOME, lte, cloud, 'ipv6'),
    hex(`0b010000   0800 0400 6aa097a9
      2800 0180   0600 0100 0a00 0000   1400 0400 00000000 00000000 0000ffff 0a090202
      0600 0500 13bc 0000   ${REMOTE}`),
  )
  assert.deepEqual(
    encodeSubflowDestroy(HOME, lte, cloud, 'ipv4'),
    hex(`0b010000   0800 0400 6aa097a9
      1c00 0180   0600 0100 0200 0000   0800 0300 0a090202   0600 0500 13bc 0000
      1c00 0680   0600 0100 0200 0000   0800 0300 c000020a   0600 0500 6322 0000`),
  )
})

test('encodeSetBackup() says the flag with the local end', () => {
  assert.deepEqual(
    encodeSetBackup(HOME, lte, cloud, false),
    hex(`07010000   0800 0400 6aa097a9
      3000 0180   0600 0100 0a00 0000   1400 0400 00000000 00000000 0000ffff 0a090202
      0600 0500 13bc 0000   0800 0600 00000000   ${REMOTE}`),
  )
})

test('encodeRemove() names the id', () => {
  assert.deepEqual(
    encodeRemove(HOME, 2),
    hex('09010000   0800 0400 6aa097a9   0500 0500 02 000000'),
  )
})

test('encodeAnnounce() names IPv4 as IPv4, for it goes out on the wire', () => {
  assert.deepEqual(
    encodeAnnounce(HOME, { address: lte.address, port: 0 }, 7),
    hex(`08010000   0800 0400 6aa097a9
      2400 0180   0600 0100 0200 0000   0800 0300 0a090202   0500 0200 07 000000
      0800 0600 01000000`),
  )
})
