import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, knownAddress } from '../../shared/wire/address.ts'
import { hex } from '../../shared/wire/hex.fake.ts'
import { flowKey, readSyn } from './syn.ts'

const TCP =
  'db860051 9d5da8a4 00000000 a002ffd7 8e790000 0204ffd7 0402080a 12e08ccb 00000000 0103030a'
const PACKETS = {
  IPv4: hex(`4500003c c77c4000 4006753d c0a8010a c633640a ${TCP}`),
  IPv6: hex(`60012345 00280640
    20010db8 00010000 00000000 00000010  20010db8 00050000 00000000 00000010 ${TCP}`),
} as const
const ENDS = {
  IPv4: ['192.168.1.10', '198.51.100.10'],
  IPv6: ['2001:db8:1::10', '2001:db8:5::10'],
} as const

for (const family of ['IPv4', 'IPv6'] as const) {
  test(`a SYN says where it is going, and has the key of its connection: ${family}`, () => {
    const [from, to] = ENDS[family]
    const syn = readSyn(PACKETS[family])
    assert.equal(syn && formatAddress(syn.destination.address), to)
    assert.equal(syn?.destination.port, 81)
    const end = { address: knownAddress(to), port: 81 }
    assert.equal(syn?.key, flowKey({ address: knownAddress(from), port: 0xdb86 }, end))
    assert.notEqual(syn?.key, flowKey({ address: knownAddress(from), port: 0xdb87 }, end))
  })

  test(`what is cut short, or no TCP, is no SYN: ${family}`, () => {
    const packet = PACKETS[family]
    for (let bytes = 0; bytes < packet.length; bytes++) {
      assert.equal(readSyn(packet.subarray(0, bytes)), undefined)
    }
    const udp = packet.slice()
    udp[family === 'IPv4' ? 9 : 6] = 17
    assert.equal(readSyn(udp), undefined)
  })
}
