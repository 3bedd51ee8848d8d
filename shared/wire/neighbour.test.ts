import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import { decodeNeighbour, encodeNeighbourQuery } from './neighbour.ts'

test('a neighbour is asked for in its own family', () => {
  assert.deepEqual(
    Buffer.from(encodeNeighbourQuery(7, knownAddress('192.168.1.2'))),
    Buffer.from(hex('02000000 07000000 00000000 0800 0100 c0a80102')),
  )
  assert.deepEqual(
    Buffer.from(encodeNeighbourQuery(7, knownAddress('2001:db8::2'))),
    Buffer.from(hex('0a000000 07000000 00000000 1400 0100 20010db8 00000000 00000000 00000002')),
  )
})

test('the hardware behind an address is found, and not before somebody has answered', () => {
  const head = '02000000 07000000 0200 00 01 0800 0100 c0a80102'
  assert.deepEqual(decodeNeighbour(hex(`${head} 0a00 0200 aabbcc001122 0000`)), hex('aabbcc001122'))
  assert.equal(decodeNeighbour(hex(head)), undefined)
  assert.equal(decodeNeighbour(hex('02000000')), undefined)
  for (const bytes of damaged(hex(`${head} 0a00 0200 aabbcc001122 0000`), 500, 3)) {
    decodeNeighbour(bytes)
  }
})
