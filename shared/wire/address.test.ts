import assert from 'node:assert/strict'
import { isIPv4, isIPv6 } from 'node:net'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  formatAddress,
  formatPrefix,
  isIpv4,
  parseAddress,
  parsePrefix,
  prefixContains,
} from './address.ts'
import { hex } from './hex.fake.ts'

const truths: ReadonlyArray<{ text: string; bytes: string; canonical?: string }> = [
  { text: '192.0.2.25', bytes: '0000 0000 0000 0000 0000 ffff c000 0219' },
  { text: '0.0.0.0', bytes: '0000 0000 0000 0000 0000 ffff 0000 0000' },
  { text: '255.255.255.255', bytes: '0000 0000 0000 0000 0000 ffff ffff ffff' },
  {
    text: '::ffff:192.0.2.25',
    bytes: '0000 0000 0000 0000 0000 ffff c000 0219',
    canonical: '192.0.2.25',
  },
  {
    text: '::FFFF:c000:0219',
    bytes: '0000 0000 0000 0000 0000 ffff c000 0219',
    canonical: '192.0.2.25',
  },
  { text: '::', bytes: '0000 0000 0000 0000 0000 0000 0000 0000' },
  { text: '::1', bytes: '0000 0000 0000 0000 0000 0000 0000 0001' },
  { text: '1::', bytes: '0001 0000 0000 0000 0000 0000 0000 0000' },
  { text: '2001:db8::1:80', bytes: '2001 0db8 0000 0000 0000 0000 0001 0080' },
  { text: '64:ff9b::c000:221', bytes: '0064 ff9b 0000 0000 0000 0000 c000 0221' },
  {
    text: '64:ff9b::192.0.2.33',
    bytes: '0064 ff9b 0000 0000 0000 0000 c000 0221',
    canonical: '64:ff9b::c000:221',
  },
  // RFC 5952 section 4: no leading zeros, lower case, the longest run, the first of equals, never
  // one group.
  {
    text: '2001:0DB8:0:0:0:0:2:1',
    bytes: '2001 0db8 0000 0000 0000 0000 0002 0001',
    canonical: '2001:db8::2:1',
  },
  { text: '2001:db8:0:1:1:1:1:1', bytes: '2001 0db8 0000 0001 0001 0001 0001 0001' },
  {
    text: '2001:db8::1:1:1:1:1',
    bytes: '2001 0db8 0000 0001 0001 0001 0001 0001',
    canonical: '2001:db8:0:1:1:1:1:1',
  },
  {
    text: '2001:0:0:1:0:0:0:1',
    bytes: '2001 0000 0000 0001 0000 0000 0000 0001',
    canonical: '2001:0:0:1::1',
  },
  {
    text: '2001:db8:0:0:1:0:0:1',
    bytes: '2001 0db8 0000 0000 0001 0000 0000 0001',
    canonical: '2001:db8::1:0:0:1',
  },
  { text: '1:2:3:4:5:6:7:8', bytes: '0001 0002 0003 0004 0005 0006 0007 0008' },
]

for (const { text, bytes, canonical = text } of truths) {
  test(`parseAddress() reads ${text} and formatAddress() prints ${canonical}`, () => {
    assert.deepEqual(parseAddress(text), hex(bytes))
    assert.equal(formatAddress(hex(bytes)), canonical)
  })
}

const garbage = [
  '',
  ' ',
  'localhost',
  '1.2.3',
  '1.2.3.4.5',
  '1.2.3.256',
  '01.2.3.4',
  '1.2.3.04',
  '1.2.3.-4',
  '1.2.3.4 ',
  ' 1.2.3.4',
  '1.2.3.',
  '0x1.2.3.4',
  '1e1.2.3.4',
  '16909060',
  ':',
  ':::',
  '::1::',
  '1::2::3',
  ':1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7:8::',
  '::1:2:3:4:5:6:7:8',
  '1:2:3:4::5:6:7:8',
  '12345::',
  '::g',
  '1.2.3.4::',
  '::1.2.3.4:1',
  '::1.2.3',
  '::ffff:1.2.3.4.5',
  '1:2:3:4:5:6:7:1.2.3.4',
  'fe80::1%eth0',
  '::1%1',
  '[::1]',
  '::1/128',
]

for (const text of garbage) {
  test(`parseAddress() refuses '${text}'`, () => {
    assert.equal(parseAddress(text), undefined)
  })
}

const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 })
/** Addresses with runs of zeros, which is where the text form has its rules. */
const sparse = fc
  .tuple(ipv6, fc.array(fc.integer({ min: 0, max: 15 }), { maxLength: 16 }))
  .map(([bytes, zeros]) => {
    for (const at of zeros) bytes[at] = 0
    return bytes
  })
const ipv4 = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .map((quad) => Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, ...quad))
const anyAddress = fc.oneof(ipv6, sparse, ipv4)

test('parseAddress() reads back whatever formatAddress() prints', () => {
  fc.assert(
    fc.property(anyAddress, (bytes) => {
      assert.deepEqual(parseAddress(formatAddress(bytes)), bytes)
    }),
    { seed: 1, numRuns: 2_000 },
  )
})

test('formatAddress() prints what the URL standard prints', () => {
  fc.assert(
    fc.property(sparse, (bytes) => {
      const text = formatAddress(bytes)
      const host = isIpv4(bytes) ? text : `[${text}]`
      assert.equal(new URL(`http://${host}/`).hostname, host)
    }),
    { seed: 2, numRuns: 2_000 },
  )
})

test('parseAddress() takes what the C library takes and nothing else', () => {
  const pieces = fc.constantFrom(
    '0',
    '1',
    '9',
    '25',
    '256',
    'a',
    'F',
    ':',
    '::',
    '.',
    '1.2.3.4',
    'ffff',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 16 }), (parts) => {
      const text = parts.join('')
      const isLiteral = isIPv4(text) || isIPv6(text)
      assert.equal(parseAddress(text) !== undefined, isLiteral, text)
    }),
    { seed: 3, numRuns: 20_000 },
  )
})

for (const { text, canonical = text, bits } of [
  { text: '10.0.0.0/8', bits: 104 },
  { text: '10.1.2.3/8', canonical: '10.0.0.0/8', bits: 104 },
  { text: '0.0.0.0/0', bits: 96 },
  { text: '192.0.2.1', canonical: '192.0.2.1/32', bits: 128 },
  { text: '2001:db8::/32', bits: 32 },
  { text: '2001:db8::1', canonical: '2001:db8::1/128', bits: 128 },
  { text: '::/0', bits: 0 },
  { text: '::ffff:10.0.0.0/104', canonical: '10.0.0.0/8', bits: 104 },
]) {
  test(`parsePrefix() reads ${text} as ${canonical}`, () => {
    const prefix = parsePrefix(text)
    assert.ok(prefix !== undefined)
    assert.equal(prefix.bits, bits)
    assert.equal(formatPrefix(prefix), canonical)
  })
}

for (const text of [
  '',
  '/',
  '/8',
  '10.0.0.0/',
  '10.0.0.0/33',
  '10.0.0.0/08',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/8 ',
  '10.0.0.0/1e1',
  '10/8',
  '::/129',
  '::/',
  'fe80::%1/64',
]) {
  test(`parsePrefix() refuses '${text}'`, () => {
    assert.equal(parsePrefix(text), undefined)
  })
}

test('prefixContains() says what a comparison bit by bit says, at every length', () => {
  for (let bits = 0; bits <= 128; bits++) {
    fc.assert(
      fc.property(sparse, fc.integer({ min: 0, max: 127 }), (bytes, flipped) => {
        const prefix = parsePrefix(`${asGroups(bytes)}/${bits}`)
        assert.ok(prefix !== undefined)
        const neighbour = Uint8Array.from(bytes)
        neighbour[flipped >> 3]! ^= 0x80 >> (flipped & 7)
        if (isIpv4(neighbour) || isIpv4(bytes)) return
        assert.equal(prefixContains(prefix, bytes), true)
        assert.equal(
          prefixContains(prefix, neighbour),
          flipped >= bits,
          `bit ${flipped} of ${bits}`,
        )
      }),
      { seed: bits, numRuns: 20 },
    )
  }
})

test('parsePrefix() reads back whatever formatPrefix() prints, at every length', () => {
  for (let bits = 0; bits <= 128; bits++) {
    fc.assert(
      fc.property(anyAddress, (bytes) => {
        const prefix = parsePrefix(`${asGroups(bytes)}/${bits}`)
        assert.ok(prefix !== undefined)
        assert.deepEqual(parsePrefix(formatPrefix(prefix)), prefix)
      }),
      { seed: bits, numRuns: 20 },
    )
  }
})

test('prefixContains() keeps the families apart', () => {
  const inside = (prefix: string, address: string) =>
    prefixContains(parsePrefix(prefix)!, parseAddress(address)!)
  assert.equal(inside('::/0', '2001:db8::1'), true)
  assert.equal(inside('::/0', '192.0.2.1'), false)
  assert.equal(inside('::/8', '192.0.2.1'), false)
  assert.equal(inside('0.0.0.0/0', '192.0.2.1'), true)
  assert.equal(inside('0.0.0.0/0', '2001:db8::1'), false)
  assert.equal(inside('0.0.0.0/0', '::1'), false)
  assert.equal(inside('10.0.0.0/8', '10.255.255.255'), true)
  assert.equal(inside('10.0.0.0/8', '11.0.0.0'), false)
  assert.equal(inside('192.0.2.1', '192.0.2.1'), true)
  assert.equal(inside('192.0.2.1', '192.0.2.2'), false)
})

/**
 * Eight groups in full, also for an IPv4 address, so that a prefix length counts from the first
 * bit.
 */
function asGroups(bytes: Uint8Array): string {
  return Array.from({ length: 8 }, (_, i) =>
    ((bytes[2 * i]! << 8) | bytes[2 * i + 1]!).toString(16),
  ).join(':')
}
