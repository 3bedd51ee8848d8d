import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import {
  changedThing,
  decodeCounters,
  decodeLink,
  decodeLinkAddress,
  encodeAddressesQuery,
  encodeCountersQuery,
  encodeLinkQuery,
  mapped,
  RTM_DELADDR,
  RTM_NEWLINK,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from './rtnetlink.ts'

// Answers of Linux 6.18.44, without the attributes that nobody here reads.
const LINK = hex(`
  0000 0100 02000000 43100100 00000000   0800 0300 64736c00   0800 0d00 e8030000
  0500 1000 06 000000   0500 1100 00 000000   0800 0400 dc050000`)
const COUNTERS = hex(`
  00000000 02000000 01000000   cc00 0100
  0200000000000000 0100000000000000 dc00000000000000 6e00000001000000
  0300000000000000 0000000000000000 0400000000000000 0000000000000000${'00'.repeat(136)}`)
const ADDRESS4 = hex(`
  02188000 02000000 08000100 0a090102 08000200 0a090102 08000300 64736c00 08000800 80000000
  14000600 ffffffff ffffffff d87b0400 d87b0400`)
const ADDRESS6 = hex(`
  0a408200 02000000 14000100 20010db8 00910000 00000000 00000002
  14000600 ffffffff ffffffff d97b0400 d97b0400 08000800 82000000`)
const TENTATIVE = hex(`
  0a40c0fd 02000000 14000100 fe800000 00000000 e4047fff fed401c5
  14000600 ffffffff ffffffff d87b0400 d87b0400 08000800 c0000000 05000b00 03000000`)

test('decodeLink() reads what the interface is', () => {
  const link = {
    index: 2,
    name: 'dsl',
    up: true,
    carrier: true,
    running: true,
    mtuBytes: 1_500,
  }
  assert.deepEqual(decodeLink(LINK), link)
  const unplugged = LINK.slice()
  unplugged.set(hex('03100000'), 8)
  assert.deepEqual(decodeLink(unplugged), { ...link, carrier: false, running: false })
})

test('encodeLinkQuery() names the interface', () => {
  assert.deepEqual(
    encodeLinkQuery('dsl'),
    hex('0000 0000 00000000 00000000 00000000   0800 0300 64736c00'),
  )
})

test('decodeCounters() reads 64 bits', () => {
  assert.deepEqual(decodeCounters(COUNTERS), {
    index: 2,
    rxPackets: 2,
    txPackets: 1,
    rxBytes: 220,
    txBytes: 2 ** 32 + 110,
    rxErrors: 3,
    txErrors: 0,
    rxDropped: 4,
    txDropped: 0,
  })
  assert.equal(decodeCounters(COUNTERS.subarray(0, 12)), undefined)
})

test('encodeCountersQuery() asks for the 64-bit counters of one interface', () => {
  assert.deepEqual(encodeCountersQuery(2), hex('00000000 02000000 01000000'))
})

test('decodeLinkAddress() reads both families into 16 bytes', () => {
  const both = { index: 2, global: true, usable: true }
  assert.deepEqual(decodeLinkAddress(ADDRESS4), {
    ...both,
    address: parseAddress('10.9.1.2'),
    bits: 120,
  })
  assert.deepEqual(decodeLinkAddress(ADDRESS6), {
    ...both,
    address: parseAddress('2001:db8:91::2'),
    bits: 64,
  })
})

test('decodeLinkAddress() sees that an address is of the link only, and tentative', () => {
  const found = decodeLinkAddress(TENTATIVE)
  assert.equal(found?.global, false)
  assert.equal(found?.usable, false)
})

test('encodeAddressesQuery() names the interface', () => {
  assert.deepEqual(encodeAddressesQuery(2), hex('00000000 02000000'))
})

test('changedThing() sorts what the change groups say', () => {
  const message = { flags: 0, sequence: 0, body: new Uint8Array(0) }
  assert.equal(changedThing({ ...message, type: RTM_NEWLINK }), 'link')
  assert.equal(changedThing({ ...message, type: RTM_DELADDR }), 'address')
  assert.equal(changedThing({ ...message, type: RTM_NEWROUTE }), 'route')
  assert.equal(changedThing({ ...message, type: RTM_NEWRULE }), undefined)
})

test('mapped() takes 4 or 16 bytes and nothing else', () => {
  assert.deepEqual(mapped(hex('c000020a')), parseAddress('192.0.2.10'))
  assert.equal(mapped(hex('c00002')), undefined)
  assert.equal(mapped(undefined), undefined)
})

test('decoding never throws, whatever the bytes', () => {
  for (const bytes of damaged(LINK, 3_000, 1)) decodeLink(bytes)
  for (const bytes of damaged(COUNTERS, 3_000, 2)) decodeCounters(bytes)
  for (const bytes of damaged(TENTATIVE, 3_000, 3)) decodeLinkAddress(bytes)
})
