import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ecn, ecnAtEgress, setEcn } from './ecn.ts'
import { hex } from './hex.fake.ts'
import { sum16 } from './ip.ts'

const { notEct, ect0, ect1, ce } = Ecn
const DROP = -1

// RFC 6040, figure 4: rows are the inner header, columns the outer: Not-ECT, ECT(0), ECT(1), CE.
for (const [inner, row] of [
  [notEct, [notEct, notEct, notEct, DROP]],
  [ect0, [ect0, ect0, ect1, ce]],
  [ect1, [ect1, ect1, ect1, ce]],
  [ce, [ce, ce, ce, ce]],
] as const) {
  test(`ecnAtEgress() has the row of figure 4 for inner ${inner}`, () => {
    assert.deepEqual(
      [notEct, ect0, ect1, ce].map((outer) => ecnAtEgress(inner, outer)),
      row,
    )
  })
}

test('setEcn() changes the two bits of an IPv4 header, and its checksum with them', () => {
  const packet = hex('00 45ba 001c 1234 4000 4011 0000 0a000002 c0000263 0000000000000000')
  const sum = ~sum16(packet, 1, 21) & 0xffff
  packet[11] = sum >> 8
  packet[12] = sum & 0xff
  setEcn(packet, 1, ce)
  assert.equal(packet[2], 0xbb)
  assert.equal(sum16(packet, 1, 21), 0xffff)
})

test('setEcn() changes the two bits of an IPv6 header, and leaves its neighbours alone', () => {
  const packet = hex('6ba1 2345 0000 3b40')
  setEcn(packet, 0, ce)
  assert.deepEqual(packet, hex('6bb1 2345 0000 3b40'))
})
