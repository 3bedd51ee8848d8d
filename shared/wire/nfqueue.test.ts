import assert from 'node:assert/strict'
import { test } from 'node:test'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import { decodeMessages } from './netlink.ts'
import { decodePacket, encodeAccept, encodeBind, encodeDrop, QUEUE_PACKET } from './nfqueue.ts'

/** What Linux 6.18 said of a SYN to port 81 of 127.0.0.1 that a rule with a mark had stopped. */
const SYN = hex(`
  4500003c c77c4000 4006753d 7f000001 7f000001
  db860051 9d5da8a4 00000000 a002ffd7 8e790000 0204ffd7 0402080a 12e08ccb 00000000 0103030a`)
const PACKET = hex(
  `
  80000000 0003 0000 00000000 00000000    02 00 3db8
  0b00 0100 00000001 0800 00 00           NFQA_PACKET_HDR: id 1, IPv4, prerouting
  0800 0500 00000001                      NFQA_IFINDEX_INDEV
  0800 0300 00500000                      NFQA_MARK
  1000 0900 0006 0000 0000000000000000    NFQA_HWADDR
  4000 0a00`.replaceAll(/ {2,}(NFQA.*)?$/gm, ''),
)

test('a packet of the kernel is its number, its mark and its bytes', () => {
  const [message] = decodeMessages(Buffer.concat([PACKET, SYN]))
  assert.equal(message?.type, QUEUE_PACKET)
  const packet = decodePacket(message.body)
  const { hardware, payload } = packet ?? {}
  assert.ok(hardware !== undefined && payload !== undefined)
  assert.deepEqual(
    { ...packet, hardware: [...hardware], payload: Uint8Array.from(payload) },
    {
      id: 1,
      mark: 0x0050_0000,
      hardware: [0, 0, 0, 0, 0, 0],
      payload: SYN,
    },
  )
})

test('a packet without number or bytes is none, and damage does not throw', () => {
  const body = Buffer.concat([PACKET, SYN]).subarray(16)
  assert.equal(decodePacket(body.subarray(0, 4)), undefined)
  assert.equal(decodePacket(body.subarray(0, 16)), undefined)
  for (const bytes of damaged(body, 2_000, 17)) decodePacket(bytes)
})

test('one message makes a queue ours: whole packets, a length, and open when it is full', () => {
  assert.deepEqual(
    encodeBind(15_800, { packetsMax: 2_048, bytesMax: 1_024 }),
    hex(`
      00 00 3db8
      0800 0100 01 00 0000
      0900 0200 00000400 02 000000
      0800 0300 00000800
      0800 0400 00000001
      0800 0500 00000001`),
  )
})

test('verdicts name queue, verdict and packet in network order', () => {
  assert.deepEqual(
    encodeAccept(15_800, 7, 0x0160_0002),
    hex(`28000000 0103 0100 00000000 00000000  00 00 3db8
         0c00 0200 00000001 00000007  0800 0300 01600002`),
  )
  assert.deepEqual(
    encodeDrop(258, 0xffff_fffe),
    hex(`20000000 0103 0100 00000000 00000000  00 00 0102
         0c00 0200 00000000 fffffffe`),
  )
})
