import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damaged } from './damage.fake.ts'
import { CONTROL, decodeFamily, encodeFamilyQuery, encodeGeneric } from './genetlink.ts'
import { hex } from './hex.fake.ts'
import {
  cString,
  decodeAttributes,
  decodeMessages,
  decodeVerdict,
  encodeAttributes,
  encodeMessage,
  FLAG_ACK,
  NESTED,
  nestedAttributes,
  number,
  numberBe,
  text,
  u8,
  u16,
  u32,
  u32Be,
} from './netlink.ts'

// Answers of Linux 6.18.44.
const ERROR_WITH_QUESTION = hex(`
  54000000 0200 0002 09000000 1fe16db9   eaffffff
  24000000 1c000500 09000000 00000000 09010000 08000400 01000000 05000500 02000000
  1200 0100 696e7661 6c696420 746f6b65 6e00 0000   0800 0200 14000000`)
const ERROR_ALONE = hex(`
  40000000 0200 0003 0a000000 1fe16db9   eaffffff
  24000000 1c000500 0a000000 00000000
  1200 0100 696e7661 6c696420 746f6b65 6e00 0000   0800 0200 14000000`)
const FAMILY = hex(`
  01020000 0d000200 6d707463 705f706d 00000000 06000100 1c000000 08000300 01000000 08000400 00000000
  08000500 00000000 44000700 20000100 08000200 08000000 12000100 6d707463 705f706d 5f636d64 73000000
  20000200 08000200 09000000 14000100 6d707463 705f706d 5f657665 6e747300`)

test('encodeMessage() and encodeAttributes() pad to whole words', () => {
  const body = encodeGeneric(9, [
    [4, u32(1)],
    [5, u8(2)],
  ])
  assert.deepEqual(
    encodeMessage(0x1c, FLAG_ACK, 9, body),
    hex('24000000 1c00 0500 09000000 00000000   09010000 0800 0400 01000000 0500 0500 02 000000'),
  )
})

test('encodeFamilyQuery() asks the family that knows the families', () => {
  assert.equal(CONTROL, 16)
  assert.deepEqual(
    encodeFamilyQuery('mptcp_pm'),
    hex('03010000   0d00 0200 6d707463 705f706d 00 000000'),
  )
})

test('decodeFamily() reads the number of this boot, and its groups', () => {
  assert.deepEqual(decodeFamily(FAMILY), {
    id: 0x1c,
    groups: new Map([
      ['mptcp_pm_cmds', 8],
      ['mptcp_pm_events', 9],
    ]),
  })
  assert.equal(decodeFamily(hex('01020000')), undefined)
})

test('decodeMessages() reads one behind the other', () => {
  const two = new Uint8Array([...ERROR_WITH_QUESTION, ...ERROR_ALONE])
  assert.deepEqual(
    decodeMessages(two).map(({ type, sequence, body }) => [type, sequence, body.length]),
    [
      [2, 9, 84 - 16],
      [2, 10, 64 - 16],
    ],
  )
})

test('decodeMessages() stops at a length that cannot be', () => {
  assert.deepEqual(decodeMessages(hex('00000000 0200 0000 00000000 00000000')), [])
  assert.deepEqual(decodeMessages(hex('11000000 0200 0000 00000000 00000000')), [])
  assert.deepEqual(decodeMessages(hex('0f000000 0200 0000 00000000 00000000')), [])
})

test('decodeAttributes() stops at a length that cannot be', () => {
  assert.equal(decodeAttributes(hex('0000 0100   0500 0200 07')).size, 0)
  assert.equal(decodeAttributes(hex('0500 0100 07 000000 0900 0200 07')).size, 1)
})

test('decodeVerdict() finds the words of the kernel, with and without the question', () => {
  for (const wire of [ERROR_WITH_QUESTION, ERROR_ALONE]) {
    const [message] = decodeMessages(wire)
    assert.ok(message !== undefined)
    assert.deepEqual(decodeVerdict(message), { errno: 22, complaint: 'invalid token' })
  }
  const done = { type: 3, flags: 2, sequence: 1, body: hex('00000000') }
  assert.deepEqual(decodeVerdict(done), { errno: 0, complaint: '' })
})

test('what is encoded reads the same, nests too', () => {
  const bytes = encodeAttributes([
    [1, u16(0x0a0b)],
    [2, u32Be(0x01020304)],
    [3 | NESTED, encodeAttributes([[7, cString('dsl')]])],
  ])
  const attributes = decodeAttributes(bytes)
  assert.equal(number(attributes.get(1)), 0x0a0b)
  assert.equal(numberBe(attributes.get(2)), 0x01020304)
  assert.equal(text(nestedAttributes(attributes, 3).get(7)), 'dsl')
  assert.equal(nestedAttributes(attributes, 4).size, 0)
  assert.equal(number(attributes.get(3)), undefined)
  assert.equal(numberBe(undefined), undefined)
})

test('decoding never throws, whatever the bytes', () => {
  for (const bytes of damaged(ERROR_WITH_QUESTION, 5_000, 1)) {
    for (const message of decodeMessages(bytes)) decodeVerdict(message)
  }
  for (const bytes of damaged(FAMILY, 5_000, 2)) decodeFamily(bytes)
})
