import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import { test } from 'node:test'
import { textOf as fileText } from '../sources.fake.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import {
  decodeRadius,
  encodeRadius,
  isGenuineRadius,
  judgeRadiusRequest,
  longAttribute,
  numberAttribute,
  numberOf,
  type RadiusKeys,
  textAttribute,
  textOf,
  vendorAttributes,
  vendorSpecific,
} from './radius.ts'
import { Attribute, HYBRIDGE_VENDOR, HybridgeAttribute } from './radius-attributes.ts'

/** Of what the radclient of FreeRADIUS 3.2.1 sent. */
const KEYS = keysOf('correct horse battery')
const COA = hex(`
  2b 29 004b e2bcb36ce5d89aee83438c89a77b7b4a
  50 12 b5a6aa1a11b249ae777078d86ca235d1
  01 08 686f6d652d31
  37 06 6ab13b80
  20 10 636f6e63656e747261746f722d31
  0b 07 6e69676874`)
/** The same program put Message-Authenticator last here. */
const ACCOUNTING = hex(`
  04 ba 0046 628f8d03491401963991ab785e310aa4
  28 06 00000003
  01 08 686f6d652d31
  2c 0c 36616330666665653031
  2a 06 00000005
  50 12 57eec483aa4c2cc57e51f6dfa13b7a44`)

test('what radclient sent is read, is genuine, and is what we would have sent', () => {
  const { packet, whole } = read(COA)
  assert.equal(judgeRadiusRequest(whole, KEYS), 'genuine')
  assert.deepEqual([packet.code, packet.identifier], [43, 41])
  const [, user, stamp, nas, filter] = packet.attributes
  assert.deepEqual(
    [user!, nas!, filter!].map((one) => [one.type, textOf(one)]),
    [
      [Attribute.userName, 'home-1'],
      [Attribute.nasIdentifier, 'concentrator-1'],
      [Attribute.filterId, 'night'],
    ],
  )
  assert.equal(numberOf(stamp!), 1_790_000_000)
  const attributes = packet.attributes.slice(1)
  assert.deepEqual(encodeRadius({ ...packet, attributes }, KEYS), COA)
})

test('what is judged is not changed by it, whatever holds the bytes', () => {
  const datagram = Buffer.from(COA)
  for (let i = 0; i < 2; i++) {
    assert.equal(judgeRadiusRequest(read(datagram).whole, KEYS), 'genuine')
    assert.deepEqual(Uint8Array.from(datagram), COA)
  }
})

test('a request whose Message-Authenticator is missing, or not in front, is unsigned', () => {
  assert.equal(judgeRadiusRequest(read(ACCOUNTING).whole, KEYS), 'unsigned')
  assert.equal(judgeRadiusRequest(hex(`04 ba 0014 ${'00'.repeat(16)}`), KEYS), 'unsigned')
})

test('one bit anywhere, or another secret, makes a forgery of it', () => {
  for (let bit = 0; bit < 8 * COA.length; bit++) {
    const bent = COA.slice()
    bent[bit >> 3]! ^= 1 << (bit & 7)
    const decoded = decodeRadius(bent)
    if (decoded.kind === 'message') {
      assert.notEqual(judgeRadiusRequest(decoded.whole, KEYS), 'genuine', `bit ${bit}`)
    }
  }
  assert.equal(judgeRadiusRequest(COA, keysOf('another')), 'forged')
})

test('a Message-Authenticator that is wrong is a forgery also where MD5 fits', () => {
  const bent = COA.slice()
  bent[25]! ^= 1
  bent.fill(0, 4, 20)
  bent.set(KEYS.digest(bent), 4)
  assert.equal(judgeRadiusRequest(bent, KEYS), 'forged')
})

test('a second Message-Authenticator is a forgery', () => {
  const twice = new Uint8Array(COA.length + 18)
  twice.set(COA)
  twice.set(COA.subarray(20, 38), COA.length)
  twice[3]! += 18
  twice.fill(0, 4, 20)
  twice.set(KEYS.digest(twice), 4)
  assert.equal(judgeRadiusRequest(twice, KEYS), 'forged')
})

test('an answer is genuine for the request that it answers, and for no other', () => {
  const packet = { code: 44, identifier: 41, attributes: [] }
  const answer = encodeRadius(packet, KEYS, COA.subarray(4, 20))
  assert.equal(answer[20], Attribute.messageAuthenticator)
  assert.ok(isGenuineRadius(answer, KEYS, COA.subarray(4, 20)))
  assert.ok(!isGenuineRadius(answer, KEYS, ACCOUNTING.subarray(4, 20)))
  assert.ok(!isGenuineRadius(answer, keysOf('another'), COA.subarray(4, 20)))
})

test('an answer without Message-Authenticator is judged by its authenticator', () => {
  const bare = hex(`05 ba 0014 ${'00'.repeat(16)}`)
  bare.set(ACCOUNTING.subarray(4, 20), 4)
  bare.set(KEYS.digest(bare), 4)
  assert.ok(isGenuineRadius(bare, KEYS, ACCOUNTING.subarray(4, 20)))
  bare[4]! ^= 1
  assert.ok(!isGenuineRadius(bare, KEYS, ACCOUNTING.subarray(4, 20)))
})

test('a packet that is cut anywhere is none, and what stands behind its length is ignored', () => {
  for (let bytes = 0; bytes < COA.length; bytes++) {
    assert.equal(decodeRadius(COA.subarray(0, bytes)).kind, 'alien', `${bytes} bytes`)
  }
  const padded = new Uint8Array(COA.length + 9)
  padded.set(COA)
  assert.deepEqual(read(padded).whole, COA)
})

test('lengths that lie make it no packet', () => {
  for (const [name, at, value] of [
    ['a packet of 19 bytes', 3, 19],
    ['a packet of more than 4,096 bytes', 2, 0x11],
    ['an attribute of no length', 39, 0],
    ['an attribute of one byte', 39, 1],
    ['an attribute that ends behind the packet', 69, 8],
  ] as const) {
    const bent = COA.slice()
    bent[at] = value
    assert.equal(decodeRadius(bent).kind, 'alien', name)
  }
})

test('what is damaged is read or refused, and never throws', () => {
  for (const bytes of damaged(COA, 5_000, 1)) {
    const decoded = decodeRadius(bytes)
    if (decoded.kind !== 'message') continue
    judgeRadiusRequest(decoded.whole, KEYS)
    isGenuineRadius(decoded.whole, KEYS, COA.subarray(4, 20))
    for (const one of decoded.packet.attributes) {
      textOf(one)
      numberOf(one)
      vendorAttributes(one.value, HYBRIDGE_VENDOR)
    }
  }
})

test('octets are 64 bits of ours, and 32 bits of the RFC', () => {
  const octets = longAttribute(HybridgeAttribute.lteOutputOctets, 2 ** 52 + 1)
  const wrapped = vendorSpecific(HYBRIDGE_VENDOR, octets)
  assert.deepEqual(wrapped.value, hex('00007ed9 040a 0010000000000001'))
  assert.deepEqual(vendorAttributes(wrapped.value, HYBRIDGE_VENDOR), [octets])
  assert.deepEqual(vendorAttributes(wrapped.value, 9), [])
  assert.deepEqual(vendorAttributes(wrapped.value.subarray(0, 13), HYBRIDGE_VENDOR), [])
  assert.equal(numberOf(numberAttribute(42, 2 ** 32 + 7)), 7)
  assert.equal(numberOf(octets), undefined)
})

test('what has no such form is a mistake of ours', () => {
  const long = textAttribute(Attribute.userName, 'x'.repeat(254))
  assert.throws(() => encodeRadius({ code: 4, identifier: 0, attributes: [long] }, KEYS), {
    name: 'RangeError',
  })
  const attributes = Array.from({ length: 17 }, () => textAttribute(25, 'x'.repeat(253)))
  assert.throws(() => encodeRadius({ code: 4, identifier: 0, attributes }, KEYS), {
    name: 'RangeError',
  })
  assert.equal(textOf({ type: 1, value: hex('ff') }), undefined)
})

test('the dictionary says the numbers that we say', () => {
  const dictionary = fileText('deploy/radius/dictionary.hybridge')
  assert.match(dictionary, new RegExp(`^VENDOR\\s+Hybridge\\s+${HYBRIDGE_VENDOR}$`, 'm'))
  const numbers = [...dictionary.matchAll(/^ATTRIBUTE\s+Hybridge-([\w-]+)\s+(\d+)\s/gm)].map(
    ([, name = '', number]) => [name.replaceAll('-', '').toLowerCase(), Number(number)],
  )
  const ours = Object.entries(HybridgeAttribute).map(([name, number]) => [
    name.toLowerCase(),
    number,
  ])
  assert.deepEqual(numbers, ours)
})

function read(bytes: Uint8Array) {
  const decoded = decodeRadius(bytes)
  assert.equal(decoded.kind, 'message')
  if (decoded.kind !== 'message') throw new Error('unreachable')
  return decoded
}

function keysOf(secret: string): RadiusKeys {
  return {
    digest: (bytes) => createHash('md5').update(bytes).update(secret).digest(),
    mac: (bytes) => createHmac('md5', secret).update(bytes).digest(),
  }
}
