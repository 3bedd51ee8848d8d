import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, knownAddress } from './address.ts'
import { decodeTrackedFlow, encodeSourceQuery } from './conntrack-sources.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'

const TUPLE = `3400 0180 1400 0180 0800 0100 c6120002 0800 0200 c633640a
            1c00 0280 0500 0100 11000000 0600 0200 a02a0000 0600 0300 1b590000`
/** What Linux 6.18 lists about a datagram from 198.18.0.2:41002 to 198.51.100.10:7001. */
const BODY = hex(`02000000 ${TUPLE}  0800 0300 0000000e  0800 0800 00000000`)

test('flows are asked for by the one who began them, where the kernel can', () => {
  assert.deepEqual(
    encodeSourceQuery(knownAddress('198.18.0.2')),
    hex(`02000000  1000 0180 0c00 0180 0800 0100 c6120002
         1400 1980 0800 0100 01000000 0800 0200 00000000`),
  )
  assert.deepEqual(encodeSourceQuery(knownAddress('2001:db8::2')), hex('0a000000'))
})

test('a flow says who began it, and is deleted by its own name', () => {
  const flow = decodeTrackedFlow(BODY)
  assert.equal(flow && formatAddress(flow.source), '198.18.0.2')
  assert.deepEqual(flow?.removal, hex(`02000000 ${TUPLE}`))
})

test('what is cut short or changed is refused or read, and never throws', () => {
  for (const bytes of damaged(BODY, 2_000, 1)) decodeTrackedFlow(bytes)
  assert.equal(decodeTrackedFlow(hex('02000000')), undefined)
})
