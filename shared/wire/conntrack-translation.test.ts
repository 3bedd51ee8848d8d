import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress } from './address.ts'
import { decodeTranslation } from './conntrack-translation.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'

/** A UDP flow from 198.18.0.2:5000 to 198.51.100.10:53 that leaves from 192.0.2.10:40001. */
const UDP = hex(`
  02000000
  3400 0180 1400 0180 0800 0100 c6120002 0800 0200 c633640a
            1c00 0280 0500 0100 11000000 0600 0200 13880000 0600 0300 00350000
  3400 0280 1400 0180 0800 0100 c633640a 0800 0200 c000020a
            1c00 0280 0500 0100 11000000 0600 0200 00350000 0600 0300 9c410000`)
/** An echo of the same home, identifier 7, which is 9 outside. */
const ECHO = hex(`
  02000000
  3c00 0180 1400 0180 0800 0100 c6120002 0800 0200 c633640a
            2400 0280 0500 0100 01000000 0600 0400 00070000 0500 0500 08000000 0500 0600 00000000
  3c00 0280 1400 0180 0800 0100 c633640a 0800 0200 c000020a
            2400 0280 0500 0100 01000000 0600 0400 00090000 0500 0500 00000000 0500 0600 00000000`)

test('a flow is told with whom it is of, where to, and what it leaves from', () => {
  const name = ({ address, port }: { address: Uint8Array; port: number }) =>
    `${formatAddress(address)} ${port}`
  const spoken = [UDP, ECHO].map((body) => {
    const { protocol, source, destination, outside } = decodeTranslation(body)!
    return `${protocol}: ${name(source)}, ${name(destination)}, ${name(outside)}`
  })
  assert.deepEqual(spoken, [
    '17: 198.18.0.2 5000, 198.51.100.10 53, 192.0.2.10 40001',
    '1: 198.18.0.2 7, 198.51.100.10 7, 192.0.2.10 9',
  ])
})

test('what is cut short or changed is refused or read, and never throws', () => {
  for (const body of [UDP, ECHO])
    for (const bytes of damaged(body, 1_000, 1)) decodeTranslation(bytes)
  for (let bytes = 0; bytes < 100; bytes++) {
    assert.equal(decodeTranslation(UDP.subarray(0, bytes)), undefined)
  }
})
