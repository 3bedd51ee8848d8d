import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress } from './address.ts'
import { decodeCounters, encodeCountersQuery } from './conntrack-counters.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'

/** What Linux 6.18 answered about a connection from 127.0.0.1:41002 to 127.0.0.1:8803 that had sent 5 MB. */
const BODY = hex(`
  02000000
  3400 0180 1400 0180 0800 0100 7f000001 0800 0200 7f000001
            1c00 0280 0500 0100 06000000 0600 0200 a02a0000 0600 0300 22630000
  3400 0280 1400 0180 0800 0100 7f000001 0800 0200 7f000001
            1c00 0280 0500 0100 06000000 0600 0200 22630000 0600 0300 a02a0000
  0800 0300 0000000e  0800 0800 00000000  0800 0c00 48f60f59  0800 0b00 00000001  0800 0700 0006977e
  3000 0480 2c00 0180 0500 0100 03000000 0500 0200 0a000000 0500 0300 0a000000
            0600 0400 23000000 0600 0500 23000000
  1c00 0980 0c00 0100 000000000000003a 0c00 0200 00000000004c912b
  1c00 0a80 0c00 0100 0000000000000023 0c00 0200 0000000000000730`)

test('the kernel tells who opened a connection, and what each direction carried', () => {
  const one = decodeCounters(BODY)
  assert.ok(one !== undefined)
  const end = ({ address, port }: typeof one.source) => `${formatAddress(address)} ${port}`
  assert.equal(end(one.source), '127.0.0.1 41002')
  assert.equal(end(one.destination), '127.0.0.1 8803')
  assert.deepEqual(one.original, { packets: 58, bytes: 5_017_899 })
  assert.deepEqual(one.reply, { packets: 35, bytes: 1_840 })
})

test('a dump is asked for one port of TCP in one family', () => {
  assert.deepEqual(
    encodeCountersQuery('ipv6', 8_803),
    hex(`0a000000  1800 0180 1400 0280 0500 0100 06000000 0600 0300 2263 0000
         1400 1980 0800 0100 28000000 0800 0200 00000000`),
  )
})

test('what is cut short or changed is refused or read, and never throws', () => {
  for (const bytes of damaged(BODY, 2_000, 1)) decodeCounters(bytes)
})
