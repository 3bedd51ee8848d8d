import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import fc from 'fast-check'
import { mulberry32 } from '../core/chance.fake.ts'
import { hex } from './hex.fake.ts'
import { decodeProbe, encodeProbe, PROBE_BYTES, type ProbeFrame } from './probe.ts'

/** Says what it was asked to sign: the last 16 bytes of it. */
const lastBytes = (bytes: Uint8Array) => bytes.slice(-16)

const vectors: ReadonlyArray<{ name: string; wire: string; frame: ProbeFrame }> = [
  {
    name: 'the first probe of a leg',
    wire:
      '11 000000   a1a2 a3a4 a5a6 a7a8   0000 0001   0000 0000 0000 0000   0000 0000 0000 03e8' +
      '   0000 0000 0000 0000   0000 0000 0000 03e8',
    frame: {
      type: 'probe',
      sessionId: hex('a1a2 a3a4 a5a6 a7a8'),
      legId: 1,
      packetNumber: 0,
      sentUs: 1_000,
      shapedKbps: 0,
      unsent: false,
    },
  },
  {
    name: 'an echo on LTE after a long life',
    wire:
      '12 000000   ffff ffff ffff ffff   8000 0002   001f ffff ffff ffff   0006 0a24 181e 4000' +
      '   001f ffff ffff ffff   0006 0a24 181e 4000',
    frame: {
      type: 'echo',
      sessionId: hex('ffff ffff ffff ffff'),
      legId: 0x8000_0002,
      packetNumber: Number.MAX_SAFE_INTEGER,
      sentUs: 1_700_000_000_000_000,
      shapedKbps: 0,
      unsent: false,
    },
  },
  {
    name: 'an echo on a DSL of 50 Mbit/s that is shaped to 97 % of it',
    wire:
      '12 00bd74   a1a2 a3a4 a5a6 a7a8   0000 0001   0000 0000 0000 0007   0000 0000 0000 03e8' +
      '   0000 0000 0000 0007   0000 0000 0000 03e8',
    frame: {
      type: 'echo',
      sessionId: hex('a1a2 a3a4 a5a6 a7a8'),
      legId: 1,
      packetNumber: 7,
      sentUs: 1_000,
      shapedKbps: 48_500,
      unsent: false,
    },
  },
  {
    name: 'the same echo where more is unsent than the line takes',
    wire:
      '12 80bd74   a1a2 a3a4 a5a6 a7a8   0000 0001   0000 0000 0000 0007   0000 0000 0000 03e8' +
      '   0000 0000 0000 0007   0000 0000 0000 03e8',
    frame: {
      type: 'echo',
      sessionId: hex('a1a2 a3a4 a5a6 a7a8'),
      legId: 1,
      packetNumber: 7,
      sentUs: 1_000,
      shapedKbps: 48_500,
      unsent: true,
    },
  },
]

for (const { name, wire, frame } of vectors) {
  test(`encodeProbe() writes ${name}`, () => {
    assert.deepEqual(encodeProbe(frame, lastBytes), hex(wire))
  })

  test(`decodeProbe() reads ${name}, and says what was signed`, () => {
    assert.deepEqual(decodeProbe(hex(wire)), {
      kind: 'message',
      frame,
      signed: hex(wire).subarray(0, 32),
      mac: hex(wire).subarray(32),
    })
  })

  test(`decodeProbe() takes ${name} for alien cut short, byte by byte, or too long`, () => {
    const bytes = hex(wire)
    for (let seen = 0; seen < bytes.length; seen++) {
      assert.deepEqual(decodeProbe(bytes.subarray(0, seen)), { kind: 'alien' })
    }
    assert.deepEqual(decodeProbe(hex(`${wire} 00`)), { kind: 'alien' })
  })
}

test('an echo repeats number and timestamp, and is as long as its probe', () => {
  const [first] = vectors
  const probe = decodeProbe(hex(first!.wire))
  assert.ok(probe.kind === 'message')
  const echo = encodeProbe({ ...probe.frame, type: 'echo' }, lastBytes)
  assert.equal(echo.length, PROBE_BYTES)
  assert.deepEqual(echo.subarray(1), hex(first!.wire).subarray(1))
  assert.equal(echo[0], 0x12)
})

test('encodeProbe() sends the first 16 bytes of a longer MAC', () => {
  const mac = (bytes: Uint8Array) => createHmac('sha256', 'key').update(bytes).digest()
  const decoded = decodeProbe(encodeProbe(vectors[0]!.frame, mac))
  assert.ok(decoded.kind === 'message')
  assert.deepEqual(decoded.mac, Uint8Array.from(mac(decoded.signed).subarray(0, 16)))
})

test('the MAC stands for every bit in front of it', () => {
  const mac = (bytes: Uint8Array) => createHmac('sha256', 'key').update(bytes).digest()
  const bytes = encodeProbe(vectors[0]!.frame, mac)
  for (let bit = 0; bit < 32 * 8; bit++) {
    const bent = Uint8Array.from(bytes)
    bent[bit >> 3]! ^= 0x80 >> (bit & 7)
    const decoded = decodeProbe(bent)
    if (decoded.kind !== 'message') continue
    assert.notDeepEqual(decoded.mac, Uint8Array.from(mac(decoded.signed).subarray(0, 16)))
  }
})

for (const { name, wire } of [
  { name: 'version 0', wire: `01 ${'00'.repeat(47)}` },
  { name: 'version 2', wire: `21 ${'00'.repeat(47)}` },
  { name: 'type 0, a data frame of days to come', wire: `10 ${'00'.repeat(47)}` },
  { name: 'type 3', wire: `13 ${'00'.repeat(47)}` },
  {
    name: 'a packet number past 2^53 - 1',
    wire: `11 ${'00'.repeat(15)} 0020 0000 0000 0000 ${'00'.repeat(24)}`,
  },
  {
    name: 'a timestamp past 2^53 - 1',
    wire: `11 ${'00'.repeat(23)} ffff ffff ffff ffff ${'00'.repeat(16)}`,
  },
]) {
  test(`decodeProbe() refuses ${name}`, () => {
    assert.deepEqual(decodeProbe(hex(wire)), { kind: 'refused' })
  })
}

for (const [name, bent] of Object.entries({
  'a short session id': { sessionId: new Uint8Array(7) },
  'a negative packet number': { packetNumber: -1 },
  'half a microsecond': { sentUs: 0.5 },
  'a number past 2^53 - 1': { packetNumber: 2 ** 53 },
  'a rate past 2^23 - 1': { shapedKbps: 2 ** 23 },
  'a negative rate': { shapedKbps: -1 },
  'half a kbit/s': { shapedKbps: 0.5 },
})) {
  test(`encodeProbe() throws on ${name}`, () => {
    assert.throws(() => encodeProbe({ ...vectors[0]!.frame, ...bent }, lastBytes), RangeError)
  })
}

test('encodeProbe() throws on a MAC of 15 bytes', () => {
  assert.throws(() => encodeProbe(vectors[0]!.frame, () => new Uint8Array(15)), RangeError)
})

test('decodeProbe() reads back every frame that encodeProbe() writes', () => {
  const frames = fc.record(
    {
      type: fc.constantFrom('probe' as const, 'echo' as const),
      sessionId: fc.uint8Array({ minLength: 8, maxLength: 8 }),
      legId: fc.integer({ min: 0, max: 0xffff_ffff }),
      packetNumber: fc.maxSafeNat(),
      sentUs: fc.maxSafeNat(),
      shapedKbps: fc.integer({ min: 0, max: 0x7f_ffff }),
      unsent: fc.boolean(),
    },
    { noNullPrototype: true },
  )
  fc.assert(
    fc.property(frames, (frame) => {
      const decoded = decodeProbe(encodeProbe(frame, lastBytes))
      assert.ok(decoded.kind === 'message')
      assert.deepEqual(decoded.frame, frame)
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('decodeProbe() survives 100,000 datagrams made by chance', () => {
  const random = mulberry32(8803)
  for (let i = 0; i < 100_000; i++) {
    const length = random() < 0.8 ? PROBE_BYTES : Math.floor(random() * 100)
    const bytes = Uint8Array.from({ length }, () => random() * 256)
    if (random() < 0.8 && length > 0) bytes[0] = 0x11
    if (random() < 0.5 && length > 24) bytes[16] = bytes[17] = bytes[24] = bytes[25] = 0
    const decoded = decodeProbe(bytes)
    assert.equal(decoded.kind === 'alien', length !== PROBE_BYTES, `datagram ${i}`)
    if (decoded.kind !== 'message') continue
    const again = encodeProbe(decoded.frame, () => decoded.mac)
    assert.deepEqual(again, bytes, `datagram ${i}`)
  }
})
