import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, parseAddress } from './address.ts'
import { decodeOriginalSource, encodeReplyQuery } from './conntrack-reply.ts'
import { hex } from './hex.fake.ts'

test('a flow is asked for by its replies, in either family', () => {
  for (const [from, to, expected] of [
    [
      '192.0.2.1',
      '198.51.100.7',
      `02000000 3400 0280 1400 0180 0800 0100 c0000201 0800 0200 c6336407
       1c00 0280 0500 0100 06000000 0600 0200 01bb0000 0600 0300 c3500000`,
    ],
    [
      '2001:db8::1',
      '2001:db8::2',
      `0a000000 4c00 0280 2c00 0180
       1400 0300 20010db8 00000000 00000000 00000001 1400 0400 20010db8 00000000 00000000 00000002
       1c00 0280 0500 0100 06000000 0600 0200 01bb0000 0600 0300 c3500000`,
    ],
  ] as const) {
    const source = { address: parseAddress(from)!, port: 443 }
    const destination = { address: parseAddress(to)!, port: 50_000 }
    assert.deepEqual(encodeReplyQuery(6, source, destination), hex(expected))
  }
})

test('who has begun a flow is told, and of what is cut short nobody', () => {
  const answer = hex('02000000 1c00 0180 1400 0180 0800 0100 c6120002 0800 0200 c633640a 0400 0280')
  const source = decodeOriginalSource(answer)
  assert.equal(source && formatAddress(source), '198.18.0.2')
  assert.equal(decodeOriginalSource(answer.subarray(0, 3)), undefined)
  assert.equal(decodeOriginalSource(answer.subarray(0, 4)), undefined)
})
