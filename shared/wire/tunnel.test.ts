import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ControlKind,
  type ControlLead,
  type LegCounts,
  readControlLead,
  readCounts,
  readOrder,
  type WireOrder,
  writeControlLead,
  writeCounts,
  writeOrder,
} from './control.ts'
import { decodeHandshake, encodeHandshake, HANDSHAKE_BYTES } from './handshake.ts'
import { hex } from './hex.fake.ts'
import { fuzzTunnel } from './tunnel.fuzz.ts'
import {
  type DataLead,
  FrameType,
  frameType,
  HEAD_BYTES,
  keyIdAt,
  legAt,
  numberAt,
  readDataLead,
  readUint32,
  readUint64,
  sessionAt,
  since32,
  writeDataLead,
  writeHead,
  writeUint32,
  writeUint64,
} from './tunnel.ts'

const SESSION = hex('0123 4567 89ab cdef')
const uint32 = fc.integer({ min: 0, max: 0xffff_ffff })
const byte = fc.integer({ min: 0, max: 255 })
const safe = fc.maxSafeNat()

test('writeHead() draws the picture', () => {
  const memory = new Uint8Array(HEAD_BYTES + 3)
  writeHead(memory, 3, {
    type: FrameType.data,
    keyId: 0x77,
    sessionId: SESSION,
    leg: 2,
    number: 0x1_0000_0002,
  })
  assert.deepEqual(
    memory,
    hex('000000   15 77 0000  0123 4567 89ab cdef  0000 0002  0000 0001 0000 0002'),
  )
})

test('a head reads as it was written', () => {
  fc.assert(
    fc.property(
      byte,
      uint32,
      safe,
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      (keyId, leg, number, sessionId) => {
        const memory = new Uint8Array(64)
        writeHead(memory, 5, { type: FrameType.control, keyId, sessionId, leg, number })
        assert.equal(frameType(memory, 5, 59), FrameType.control)
        assert.deepEqual(
          [keyIdAt(memory, 5), legAt(memory, 5), numberAt(memory, 5)],
          [keyId, leg, number],
        )
        const id = new DataView(sessionId.buffer, sessionId.byteOffset).getBigUint64(0)
        assert.equal(sessionAt(memory, 5), Number(id >> 11n))
      },
    ),
  )
})

test('a data lead reads as it was written, and stands where the picture has it', () => {
  fc.assert(
    fc.property(
      uint32,
      fc.integer({ min: 0, max: 65_535 }),
      byte,
      byte,
      uint32,
      (sentUs, flow, legs, flags, sequence) => {
        const memory = new Uint8Array(20)
        const lead: DataLead = { sentUs, flow, legs, flags, sequence }
        writeDataLead(memory, 4, lead)
        const again: DataLead = { sentUs: 0, flow: 0, legs: 0, flags: 0, sequence: 0 }
        readDataLead(memory, 4, again)
        assert.deepEqual(again, lead)
        const view = new DataView(memory.buffer)
        assert.deepEqual(
          [
            view.getUint32(4),
            view.getUint16(8),
            view.getUint8(10),
            view.getUint8(11),
            view.getUint32(12),
          ],
          [sentUs, flow, legs, flags, sequence],
        )
      },
    ),
  )
})

test('numbers of 32 and 64 bits read as they were written', () => {
  fc.assert(
    fc.property(uint32, safe, (small, large) => {
      const memory = new Uint8Array(16)
      writeUint32(memory, 1, small)
      writeUint64(memory, 6, large)
      const view = new DataView(memory.buffer)
      assert.deepEqual([view.getUint32(1), view.getBigUint64(6)], [small, BigInt(large)])
      assert.deepEqual([readUint32(memory, 1), readUint64(memory, 6)], [small, large])
    }),
  )
})

test('since32() tells earlier from later across the wrap', () => {
  assert.equal(since32(5, 0xffff_fffe), 7)
  assert.equal(since32(0xffff_fffe, 5), -7)
  assert.equal(since32(9, 9), 0)
})

for (const [name, wire] of [
  ['another version', '25 00 0000'],
  ['a reserved bit', '15 00 0001'],
  ['a probe', '11 00 0000'],
  ['a type nobody has', '1f 00 0000'],
] as const) {
  test(`frameType() takes ${name} for alien`, () => {
    const frame = new Uint8Array(100)
    frame.set(hex(wire))
    assert.equal(frameType(frame, 0, 100), 0)
  })
}

test('frameType() takes a data frame without a packet, and what is too short, for alien', () => {
  const frame = new Uint8Array(100)
  frame[0] = 0x15
  assert.equal(frameType(frame, 0, 52), 0)
  assert.equal(frameType(frame, 0, 53), FrameType.data)
  frame[0] = 0x16
  assert.equal(frameType(frame, 0, 47), 0)
  assert.equal(frameType(frame, 0, 48), FrameType.control)
})

test('an offer draws the picture, and reads as it was written', () => {
  const random = hex('00112233445566778899aabbccddeeff')
  const none = new Uint8Array(16)
  const offer = {
    type: FrameType.offer,
    keyId: 0,
    leg: 1,
    offeredUs: 5,
    homeRandom: random,
    concentratorRandom: none,
    cipher: 2,
    instance: 0xdeadbeef,
  }
  const bytes = encodeHandshake(offer, SESSION, () => random)
  assert.deepEqual(
    bytes,
    hex(`13 00 0000 0123456789abcdef 00000001 0000000000000005
      00112233445566778899aabbccddeeff 00000000000000000000000000000000
      02 000000 deadbeef   00112233445566778899aabbccddeeff`),
  )
  const decoded = decodeHandshake(bytes)
  assert.deepEqual(decoded, { handshake: offer, signed: bytes.subarray(0, 64), mac: random })
  assert.equal(decodeHandshake(bytes.subarray(1)), undefined)
  assert.equal(bytes.length, HANDSHAKE_BYTES)
})

test('a report reads as it was written, leg by leg', () => {
  const counts = fc.record({
    leg: byte,
    received: uint32,
    lost: uint32,
    bytes: safe,
    marked: uint32,
    latestUs: uint32,
    delayUs: uint32,
  })
  fc.assert(
    fc.property(fc.array(counts, { maxLength: 8 }), uint32, (all, sentUs) => {
      const memory = new Uint8Array(512)
      const lead: ControlLead = { sentUs, kind: ControlKind.report, count: all.length, bytes: 0 }
      writeControlLead(memory, 7, lead)
      for (const [i, one] of all.entries()) writeCounts(memory, 7, i, one)
      const again: ControlLead = { sentUs: 0, kind: ControlKind.question, count: 0, bytes: 9 }
      assert.ok(readControlLead(memory, 7, 8 + 32 * all.length, again))
      assert.deepEqual(again, lead)
      assert.equal(
        all.length === 0 || !readControlLead(memory, 7, 7 + 32 * all.length, again),
        true,
      )
      const into: LegCounts = {
        leg: 0,
        received: 0,
        lost: 0,
        bytes: 0,
        marked: 0,
        latestUs: 0,
        delayUs: 0,
      }
      for (const [i, one] of all.entries()) {
        readCounts(memory, 7, i, into)
        assert.deepEqual({ ...into }, { ...one })
      }
    }),
  )
})

test('an order reads as it was written; a priority past 15 is 15', () => {
  const order = fc.record({
    leg: byte,
    priority: byte,
    spared: fc.boolean(),
    kbps: uint32,
    besideKbps: uint32,
  })
  fc.assert(
    fc.property(order, (one) => {
      const memory = new Uint8Array(64)
      writeOrder(memory, 3, 1, one)
      const into: WireOrder = { leg: 0, priority: 0, spared: false, kbps: 0, besideKbps: 0 }
      readOrder(memory, 3, 1, into)
      assert.deepEqual({ ...into }, { ...one, priority: Math.min(15, one.priority) })
    }),
  )
})

test('chance finds no frame that throws, or is read past its end', () => {
  const ends = fuzzTunnel(20_000, 1)
  for (const [end, times] of Object.entries(ends)) assert.ok(times > 100, `${end}: ${times}`)
})
