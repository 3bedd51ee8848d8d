import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatAddress, knownAddress, parsePrefix } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import { addressIn, decodeInner, encodeAsk, encodeTell, placeOf } from './inner-address.ts'

const prefix4 = parsePrefix('198.18.0.0/15')!
const prefix6 = parsePrefix('fd48:7962:7269::/64')!
const own = {
  ipv4: knownAddress('198.18.1.2'),
  ipv6: knownAddress('fd48:7962:7269::102'),
  bits6: 128,
}

test('the question and the answer are IPv6 packets that no router passes on', () => {
  const header = (bytes: string) =>
    `60000000 00${bytes} fd 01 fe80${'00'.repeat(14)} fe80${'00'.repeat(14)}`
  assert.deepEqual(encodeAsk(), hex(`${header('08')} 68796274 01000000`))
  assert.deepEqual(
    encodeTell(own),
    hex(`${header('1c')} 68796274 02000000 c6120102 fd487962726900000000000000000102`),
  )
  assert.deepEqual(
    encodeTell({ ...own, bits6: 64 }),
    hex(`${header('1c')} 68796274 02400000 c6120102 fd487962726900000000000000000102`),
  )
})

test('decodeInner() reads them anywhere in memory, and no other packet', () => {
  const tell = encodeTell(own)
  const memory = new Uint8Array(200)
  memory.set(tell, 7)
  assert.deepEqual(decodeInner(memory, 7, tell.length), own)
  const withPrefix = { ...own, bits6: 56 }
  assert.deepEqual(decodeInner(encodeTell(withPrefix), 0, tell.length), withPrefix)
  // What nobody can mean is none.
  for (const bits of [1, 31, 128, 255]) {
    const odd = encodeTell(own)
    odd[45] = bits
    assert.deepEqual(decodeInner(odd, 0, odd.length), own)
  }
  assert.equal(decodeInner(memory, 7, tell.length - 1), undefined)
  assert.equal(decodeInner(memory, 6, tell.length), undefined)
  assert.equal(decodeInner(encodeAsk(), 0, 48), 'ask')
  assert.equal(decodeInner(encodeAsk(), 0, 47), undefined)
})

test('decodeInner() believes nobody whose packet a router has passed on', () => {
  for (const at of [8, 24]) {
    const forged = encodeTell(own)
    forged.set(own.ipv6, at)
    assert.equal(decodeInner(forged, 0, forged.length), undefined)
    const other = encodeTell(own)
    other[at + 15] = 1
    assert.equal(decodeInner(other, 0, other.length), undefined)
  }
})

test('decodeInner() never throws, whatever the bytes', () => {
  for (const bytes of damaged(encodeTell(own), 3_000, 1)) decodeInner(bytes, 0, bytes.length)
})

test('addressIn() counts on beyond a byte', () => {
  assert.equal(formatAddress(addressIn(prefix4, 1)), '198.18.0.1')
  assert.equal(formatAddress(addressIn(prefix4, 70_000)), '198.19.17.112')
  assert.equal(formatAddress(addressIn(prefix6, 70_000)), 'fd48:7962:7269::1:1170')
})

test('placeOf() finds the home that a packet is from or for', () => {
  const packet4 = new Uint8Array(20)
  packet4[0] = 0x45
  packet4.set(addressIn(prefix4, 300).subarray(12), 12)
  packet4.set(addressIn(prefix4, 2).subarray(12), 16)
  const packet6 = new Uint8Array(40)
  packet6[0] = 0x60
  packet6.set(addressIn(prefix6, 300), 8)
  packet6.set(addressIn(prefix6, 2), 24)
  for (const packet of [packet4, packet6]) {
    assert.equal(placeOf('source', prefix4, prefix6, packet, 0, packet.length), 300)
    assert.equal(placeOf('destination', prefix4, prefix6, packet, 0, packet.length), 2)
    assert.equal(placeOf('source', prefix4, prefix6, packet, 0, packet.length - 1), -1)
  }
  packet6[8] = 0x20
  assert.equal(placeOf('source', prefix4, prefix6, packet6, 0, 40), -1)
  packet4.set([10, 0, 0, 1], 12)
  assert.ok(placeOf('source', prefix4, prefix6, packet4, 0, 20) < 0)
})
