import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { parseAddress } from './address.ts'
import { fuzzConvert } from './convert.fuzz.ts'
import { CONVERT_BYTES_MAX, type ConvertMessage, decodeConvert, encodeConvert } from './convert.ts'
import { ConvertError } from './convert-error.ts'
import { answerRefusal, type ConvertFailure, errorReply, readFailure } from './convert-failure.ts'
import { hex } from './hex.fake.ts'
import { readTcpOptions } from './tcp-option.ts'

const ipv4 = parseAddress('192.0.2.25')!
const ipv6 = parseAddress('2001:db8::1:80')!
const NOTHING = new Uint8Array(0)

const CONNECT_IPV4 = '0a 05 01bb 0000 0000 0000 0000 0000 ffff c000 0219'
const CONNECT_MULTICAST = '01 06 2263   0a 05 0050 0000 0000 0000 0000 0000 ffff e000 0001'

// The ids are those of the project's RFC 8803 vectors; half of them also come out of libconvert.
const vectors: ReadonlyArray<{ name: string; wire: string; message: ConvertMessage }> = [
  { name: 'V01 an info request', wire: '01 02 2263   01 01 0000', message: [{ type: 'info' }] },
  {
    name: 'V02 a base connect to 192.0.2.25:443',
    wire: `01 06 2263   ${CONNECT_IPV4}`,
    message: [{ type: 'connect', port: 443, address: ipv4 }],
  },
  {
    name: 'V03 a base connect to [2001:db8::1:80]:8080',
    wire: '01 06 2263   0a 05 1f90 2001 0db8 0000 0000 0000 0000 0001 0080',
    message: [{ type: 'connect', port: 8080, address: ipv6 }],
  },
  {
    name: 'V04 an extended connect that asks for Multipath TCP',
    wire: '01 07 2263   0a 06 01bb 0000 0000 0000 0000 0000 ffff c000 0219   1e02 0000',
    message: [
      { type: 'connect', port: 443, address: ipv4, options: [{ kind: 30, value: NOTHING }] },
    ],
  },
  {
    name: 'V05 an extended connect with SACK permitted and a Fast Open cookie',
    wire:
      '01 09 2263   0a 08 1f90 2001 0db8 0000 0000 0000 0000 0001 0080' +
      '   0402   220a 1122 3344 5566 7788',
    message: [
      {
        type: 'connect',
        port: 8080,
        address: ipv6,
        options: [
          { kind: 4, value: NOTHING },
          { kind: 34, value: hex('1122 3344 5566 7788') },
        ],
      },
    ],
  },
  {
    name: 'an extended connect that asks for nothing',
    wire: '01 07 2263   0a 06 01bb 0000 0000 0000 0000 0000 ffff c000 0219   0000 0000',
    message: [{ type: 'connect', port: 443, address: ipv4, options: [] }],
  },
  {
    name: 'V06 four supported extensions',
    wire: '01 03 2263   15 02 0000   04 08 1e 22',
    message: [{ type: 'supportedTcpExtensions', kinds: [4, 8, 30, 34] }],
  },
  {
    name: 'V06b one supported extension and its padding',
    wire: '01 03 2263   15 02 0000   1e 00 00 00',
    message: [{ type: 'supportedTcpExtensions', kinds: [30] }],
  },
  {
    name: 'V07 a base connect with a cookie of two words',
    wire: `01 09 2263   ${CONNECT_IPV4}   16 03 0000 0123 4567 89ab cdef`,
    message: [
      { type: 'connect', port: 443, address: ipv4 },
      { type: 'cookie', cookie: hex('0123 4567 89ab cdef') },
    ],
  },
  {
    name: 'V08 the options of a SYN+ACK',
    wire: '01 05 2263   14 04 0000   0204 05b4   0402   01   0303 07   0000',
    message: [{ type: 'extendedTcpHeader', options: hex('0204 05b4 0402 0103 0307 0000') }],
  },
  { name: 'V09 a plain yes', wire: '01 01 2263', message: [] },
  {
    name: 'V10 unsupported version, we speak 1',
    wire: '01 02 2263   1e 01 00 01',
    message: [{ type: 'error', code: 0, value: hex('01') }],
  },
  {
    name: 'V11 without its sin: a connect to 192.0.2.1:80',
    wire: '01 06 2263   0a 05 0050 0000 0000 0000 0000 0000 ffff c000 0201',
    message: [{ type: 'connect', port: 80, address: parseAddress('192.0.2.1')! }],
  },
  {
    name: 'V12 malformed message, with its echo',
    wire: `01 08 2263   1e 07 01 00   ${CONNECT_MULTICAST}`,
    message: [{ type: 'error', code: 1, value: hex(`00 ${CONNECT_MULTICAST}`) }],
  },
  {
    name: 'V14 unsupported message, with its echo',
    wire: '01 04 2263   1e 03 02 00   0102 2263 0001 0000',
    message: [{ type: 'error', code: 2, value: hex('00 0102 2263 0001 0000') }],
  },
  {
    name: 'V15 missing cookie, and the cookie',
    wire: '01 04 2263   1e 03 03 00   0123 4567 89ab cdef',
    message: [{ type: 'error', code: 3, value: hex('00 0123 4567 89ab cdef') }],
  },
  {
    name: 'V16 not authorized',
    wire: '01 02 2263   1e 01 20 00',
    message: [{ type: 'error', code: 32, value: hex('00') }],
  },
  {
    name: 'V17 unsupported TCP option',
    wire: '01 02 2263   1e 01 21 1d',
    message: [{ type: 'error', code: 33, value: hex('1d') }],
  },
  {
    name: 'V18 resource exceeded, wait a minute',
    wire: '01 02 2263   1e 01 40 3c',
    message: [{ type: 'error', code: 64, value: hex('3c') }],
  },
  {
    name: 'V19 network failure',
    wire: '01 02 2263   1e 01 41 00',
    message: [{ type: 'error', code: 65, value: hex('00') }],
  },
  {
    name: 'V20 connection reset',
    wire: '01 02 2263   1e 01 60 00',
    message: [{ type: 'error', code: 96, value: hex('00') }],
  },
  {
    name: 'V21 destination unreachable, port',
    wire: '01 02 2263   1e 01 61 03',
    message: [{ type: 'error', code: 97, value: hex('03') }],
  },
  {
    name: 'an error that nobody has defined yet',
    wire: '01 02 2263   1e 01 c8 07',
    message: [{ type: 'error', code: 200, value: hex('07') }],
  },
  {
    name: 'a greeting: info and a cookie',
    wire: '01 04 2263   01 01 0000   16 02 0000 c00c 1e42',
    message: [{ type: 'info' }, { type: 'cookie', cookie: hex('c00c 1e42') }],
  },
  {
    name: 'TLVs with nothing in them',
    wire: '01 04 2263   14 01 0000   15 01 0000   16 01 0000',
    message: [
      { type: 'extendedTcpHeader', options: NOTHING },
      { type: 'supportedTcpExtensions', kinds: [] },
      { type: 'cookie', cookie: NOTHING },
    ],
  },
  {
    name: 'everything at once, back to front',
    wire:
      `01 0e 2263   1e 01 2000   16 02 0000 c00c 1e42   15 02 0000 041e 2200` +
      `   14 02 0000 1e02 0000   ${CONNECT_IPV4}   01 01 0000`,
    message: [
      { type: 'error', code: 32, value: hex('00') },
      { type: 'cookie', cookie: hex('c00c 1e42') },
      { type: 'supportedTcpExtensions', kinds: [4, 30, 34] },
      { type: 'extendedTcpHeader', options: hex('1e02 0000') },
      { type: 'connect', port: 443, address: ipv4 },
      { type: 'info' },
    ],
  },
]

const longCookies: typeof vectors = [
  [1_000, 'fb', 'fc'],
  [1_012, 'fe', 'ff'],
].map(([bytes, tlvWords, words]) => ({
  name: `a cookie of ${bytes} bytes`,
  wire: `01 ${words} 2263   16 ${tlvWords} 0000   ${'ab'.repeat(Number(bytes))}`,
  message: [{ type: 'cookie', cookie: new Uint8Array(Number(bytes)).fill(0xab) }],
}))

const EARLY_DATA = '474554202f20485454502f312e300d0a0d0a'

for (const { name, wire, message } of [...vectors, ...longCookies]) {
  test(`encodeConvert() writes ${name}`, () => {
    assert.deepEqual(encodeConvert(message), hex(wire))
  })

  test(`decodeConvert() reads ${name}, whole and with payload behind it`, () => {
    const bytesUsed = hex(wire).length
    assert.deepEqual(decodeConvert(hex(wire)), { kind: 'message', message, bytesUsed })
    assert.deepEqual(decodeConvert(hex(`${wire}16`)), { kind: 'message', message, bytesUsed })
    assert.deepEqual(decodeConvert(hex(wire + EARLY_DATA)), { kind: 'message', message, bytesUsed })
    assert.deepEqual(decodeConvert(hex(wire + wire)), { kind: 'message', message, bytesUsed })
  })

  test(`decodeConvert() reads ${name} from the middle of a used buffer`, () => {
    const buffer = new Uint8Array(hex(wire).length + 100).fill(0xff)
    buffer.set(hex(wire), 7)
    const decoded = decodeConvert(buffer.subarray(7))
    assert.deepEqual(decoded, { kind: 'message', message, bytesUsed: hex(wire).length })
  })

  test(`decodeConvert() waits for ${name}, byte by byte`, () => {
    const bytes = hex(wire)
    for (let seen = 0; seen < bytes.length; seen++) {
      const bytesNeeded = seen < 4 ? 4 : bytes.length
      assert.deepEqual(decodeConvert(bytes.subarray(0, seen)), { kind: 'incomplete', bytesNeeded })
    }
  })
}

test('decodeConvert() leaves early data where it is (V22)', () => {
  const bytes = hex(`01 06 2263   ${CONNECT_IPV4}   ${EARLY_DATA}`)
  const decoded = decodeConvert(bytes)
  assert.ok(decoded.kind === 'message')
  assert.equal(String.fromCharCode(...bytes.subarray(decoded.bytesUsed)), 'GET / HTTP/1.0\r\n\r\n')
})

test('encodeConvert() pads, and decodeConvert() cannot tell (V07b, V10b, V17b)', () => {
  const padded: ReadonlyArray<{ wire: string; message: ConvertMessage; seen: ConvertMessage }> = [
    {
      wire: '01 04 2263   16 03 0000 6162 6364 6500 0000',
      message: [{ type: 'cookie', cookie: hex('6162 6364 65') }],
      seen: [{ type: 'cookie', cookie: hex('6162 6364 6500 0000') }],
    },
    {
      wire: '01 03 2263   1e 02 00 01 02 00 00 00',
      message: [{ type: 'error', code: 0, value: hex('01 02') }],
      seen: [{ type: 'error', code: 0, value: hex('01 02 00 00 00') }],
    },
    {
      wire: '01 03 2263   1e 02 21 1d 13 1c 00 00',
      message: [{ type: 'error', code: 33, value: hex('1d 13 1c') }],
      seen: [{ type: 'error', code: 33, value: hex('1d 13 1c 00 00') }],
    },
    {
      wire: '01 02 2263   1e 01 60 00',
      message: [{ type: 'error', code: 96, value: NOTHING }],
      seen: [{ type: 'error', code: 96, value: hex('00') }],
    },
  ]
  for (const { wire, message, seen } of padded) {
    assert.deepEqual(encodeConvert(message), hex(wire))
    const bytesUsed = hex(wire).length
    const decoded = { kind: 'message', message: seen, bytesUsed }
    assert.deepEqual(decodeConvert(hex(wire)), decoded)
    assert.deepEqual(decodeConvert(hex(wire + EARLY_DATA)), decoded)
    for (let length = 4; length < bytesUsed; length++) {
      const part = decodeConvert(hex(wire).subarray(0, length))
      assert.deepEqual(part, { kind: 'incomplete', bytesNeeded: bytesUsed })
    }
  }
  const withCookie = `01 09 2263   ${CONNECT_IPV4}   16 03 0000 6162 6364 6500 0000`
  assert.deepEqual(
    encodeConvert([
      { type: 'connect', port: 443, address: ipv4 },
      { type: 'cookie', cookie: hex('6162 6364 65') },
    ]),
    hex(withCookie),
  )
})

test('decodeConvert() ignores what senders must leave zero', () => {
  const message = [{ type: 'info' }, { type: 'cookie', cookie: hex('c00c 1e42') }]
  assert.deepEqual(decodeConvert(hex('01 04 2263   01 01 beef   16 02 beef c00c 1e42')), {
    kind: 'message',
    message,
    bytesUsed: 16,
  })
})

test('decodeConvert() passes over the options that no client may ask for', () => {
  const options = '00   01   0204 05b4   0303 07   050a 0000 0001 0000 0002   1e02'
  const decoded = decodeConvert(
    hex(`01 0c 2263   0a 0b 01bb 0000 0000 0000 0000 0000 ffff c000 0219   ${options} 000000`),
  )
  assert.ok(decoded.kind === 'message', decoded.kind)
  const asked = [{ kind: 30, value: NOTHING }]
  assert.deepEqual(decoded.message, [{ type: 'connect', port: 443, address: ipv4, options: asked }])
})

test('readTcpOptions() finds Multipath TCP in the header that the server sent', () => {
  const block = hex('0204 05b4 0402 0101 1e0c 0081 1122 3344 5566 7788')
  assert.deepEqual(
    readTcpOptions(block)?.map(({ kind }) => kind),
    [2, 4, 30],
  )
})

const { unsupportedVersion, malformedMessage, unsupportedMessage } = ConvertError
const refusals: ReadonlyArray<{ name: string; wire: string; code: ConvertError }> = [
  { name: 'version 0', wire: '00 01 2263', code: unsupportedVersion },
  { name: 'version 2', wire: '02 01 2263', code: unsupportedVersion },
  { name: 'version 2 of no length', wire: '02 00 2263', code: unsupportedVersion },
  { name: 'a TLV of no length', wire: '01 02 2263   1e 00 00 00', code: malformedMessage },
  {
    name: 'a TLV of no length and no type',
    wire: '01 02 2263   0000 0000',
    code: malformedMessage,
  },
  { name: 'a TLV past the end', wire: '01 02 2263   16 02 0000', code: malformedMessage },
  {
    name: 'a connect past the end',
    wire: '01 03 2263   0a 05 01bb 0000 0000',
    code: malformedMessage,
  },
  { name: 'a connect cut short', wire: '01 02 2263   0a 01 01bb', code: malformedMessage },
  {
    name: 'a connect one word short',
    wire: '01 05 2263   0a 04 01bb 0000 0000 0000 0000 0000 ffff',
    code: malformedMessage,
  },
  {
    name: 'an info with a value',
    wire: '01 03 2263   01 02 0000 0000 0000',
    code: malformedMessage,
  },
  {
    name: 'one TLV twice',
    wire: '01 03 2263   01 01 0000   01 01 0000',
    code: malformedMessage,
  },
  {
    name: 'two connects',
    wire: `01 0b 2263   ${CONNECT_IPV4}   ${CONNECT_IPV4}`,
    code: malformedMessage,
  },
  {
    name: 'two cookies with another TLV between',
    wire: '01 04 2263   16 01 0000   01 01 0000   16 01 0000',
    code: malformedMessage,
  },
  { name: 'V11 a connect to 224.0.0.1', wire: CONNECT_MULTICAST, code: malformedMessage },
  { name: 'V13 a TLV of type 0', wire: '01 02 2263   00 01 0000', code: unsupportedMessage },
  { name: 'an unknown TLV', wire: '01 02 2263   77 01 0000', code: unsupportedMessage },
  {
    name: 'an unknown TLV behind a good one',
    wire: '01 03 2263   01 01 0000   ff 01 0000',
    code: unsupportedMessage,
  },
  {
    name: 'an option of no length',
    wire: '01 07 2263   0a 06 01bb 0000 0000 0000 0000 0000 ffff c000 0219   1e00 0000',
    code: malformedMessage,
  },
  {
    name: 'an option of one byte',
    wire: '01 07 2263   0a 06 01bb 0000 0000 0000 0000 0000 ffff c000 0219   1e01 0000',
    code: malformedMessage,
  },
  {
    name: 'an option past the end',
    wire: '01 07 2263   0a 06 01bb 0000 0000 0000 0000 0000 ffff c000 0219   2205 1122',
    code: malformedMessage,
  },
  {
    name: 'an option without room for its length',
    wire: '01 07 2263   0a 06 01bb 0000 0000 0000 0000 0000 ffff c000 0219   0402 001e',
    code: malformedMessage,
  },
]

for (const { name, wire, code } of refusals) {
  test(`decodeConvert() refuses ${name}`, () => {
    const received = hex(wire).subarray(0, code === unsupportedVersion ? 4 : undefined)
    assert.deepEqual(decodeConvert(hex(wire)), { kind: 'refused', code, received })
    assert.deepEqual(decodeConvert(hex(wire + EARLY_DATA)), { kind: 'refused', code, received })
  })

  test(`decodeConvert() never takes ${name} for a message, byte by byte`, () => {
    const bytes = hex(wire)
    for (let seen = 0; seen < bytes.length; seen++) {
      const kind = seen >= 4 && code === unsupportedVersion ? 'refused' : 'incomplete'
      assert.equal(decodeConvert(bytes.subarray(0, seen)).kind, kind)
    }
  })
}

for (const text of [
  '127.0.0.1',
  '127.255.0.9',
  '224.0.0.1',
  '239.255.255.255',
  '255.255.255.255',
  '::1',
  'ff02::1',
  'ff0e::1234',
]) {
  test(`decodeConvert() refuses a connect to ${text}`, () => {
    const wire = encodeConvert([{ type: 'connect', port: 80, address: parseAddress(text)! }])
    assert.deepEqual(decodeConvert(wire), {
      kind: 'refused',
      code: malformedMessage,
      received: wire,
    })
  })
}

for (const { name, wire } of [
  { name: 'a browser on the port', wire: '4745 5420 2f20' },
  { name: 'a wrong magic number', wire: '01 01 beef' },
  { name: 'another version with a wrong magic number', wire: '02 01 beef' },
  { name: 'total length zero', wire: '01 00 2263' },
]) {
  test(`decodeConvert() takes ${name} for alien`, () => {
    assert.deepEqual(decodeConvert(hex(wire)), { kind: 'alien' })
    assert.deepEqual(decodeConvert(hex(wire + EARLY_DATA)), { kind: 'alien' })
    for (let length = 0; length < 4; length++) {
      const part = decodeConvert(hex(wire).subarray(0, length))
      assert.deepEqual(part, { kind: 'incomplete', bytesNeeded: 4 })
    }
  })
}

const replies: ReadonlyArray<{ wire: string; failure: ConvertFailure }> = [
  { wire: '01 02 2263   1e 01 00 01', failure: { code: 0, versions: [1] } },
  { wire: '01 03 2263   1e 02 00 01 02 00 00 00', failure: { code: 0, versions: [1, 2] } },
  {
    wire: `01 08 2263   1e 07 01 00   ${CONNECT_MULTICAST}`,
    failure: { code: 1, echo: hex(CONNECT_MULTICAST) },
  },
  {
    wire: '01 04 2263   1e 03 02 00   0102 2263 0001 0000',
    failure: { code: 2, echo: hex('0102 2263 0001 0000') },
  },
  {
    wire: '01 04 2263   1e 03 03 00   0123 4567 89ab cdef',
    failure: { code: 3, cookie: hex('0123 4567 89ab cdef') },
  },
  { wire: '01 02 2263   1e 01 20 00', failure: { code: 32 } },
  { wire: '01 02 2263   1e 01 21 1d', failure: { code: 33, kinds: [29] } },
  { wire: '01 03 2263   1e 02 21 1d 13 1c 00 00', failure: { code: 33, kinds: [29, 19, 28] } },
  { wire: '01 02 2263   1e 01 40 3c', failure: { code: 64, waitS: 60 } },
  { wire: '01 02 2263   1e 01 41 1e', failure: { code: 65, waitS: 30 } },
  { wire: '01 02 2263   1e 01 60 00', failure: { code: 96 } },
  { wire: '01 02 2263   1e 01 61 03', failure: { code: 97, icmpCode: 3 } },
]

for (const { wire, failure } of replies) {
  test(`errorReply() says ${wire}, and readFailure() hears it`, () => {
    assert.deepEqual(errorReply(failure), hex(wire))
    const decoded = decodeConvert(hex(wire))
    assert.ok(decoded.kind === 'message')
    const [tlv] = decoded.message
    assert.ok(tlv?.type === 'error')
    assert.deepEqual(readFailure(tlv), failure)
  })
}

test('readFailure() hears a wait of zero as the 30 seconds it stands for (V19)', () => {
  const heard = readFailure({ type: 'error', code: 65, value: hex('00') })
  assert.deepEqual(heard, { code: 65, waitS: 30 })
})

test('errorReply() cuts a wait to what one byte can say', () => {
  assert.deepEqual(errorReply({ code: 64, waitS: 3_600 }), hex('01 02 2263   1e 01 40 ff'))
})

for (const [waitS, byte] of [
  [0.2, '01'],
  [1.5, '02'],
] as const) {
  test(`errorReply() says ${waitS} s as ${byte}, for part of a second is not no wait`, () => {
    assert.deepEqual(errorReply({ code: 64, waitS }), hex(`01 02 2263   1e 01 40 ${byte}`))
  })
}

test('readFailure() hears an echo, a cookie and a list that are empty', () => {
  const heard = (code: number) => readFailure({ type: 'error', code, value: hex('00') })
  assert.deepEqual(heard(0), { code: 0, versions: [] })
  assert.deepEqual(heard(1), { code: 1, echo: NOTHING })
  assert.deepEqual(heard(3), { code: 3, cookie: NOTHING })
  assert.deepEqual(heard(33), { code: 33, kinds: [] })
})

test('readFailure() has no word for a code that nobody has defined', () => {
  assert.equal(readFailure({ type: 'error', code: 200, value: hex('00') }), undefined)
})

test('answerRefusal() answers every refusal with the vector that RFC 8803 asks for', () => {
  for (const { wire, answer } of [
    { wire: '00 01 2263', answer: '01 02 2263   1e 01 00 01' },
    { wire: CONNECT_MULTICAST, answer: `01 08 2263   1e 07 01 00   ${CONNECT_MULTICAST}` },
    { wire: '0102 2263 0001 0000', answer: '01 04 2263   1e 03 02 00   0102 2263 0001 0000' },
  ]) {
    const decoded = decodeConvert(hex(wire))
    assert.ok(decoded.kind === 'refused')
    assert.deepEqual(answerRefusal(decoded), hex(answer))
  }
})

test('answerRefusal() cuts the echo of the longest message, for an answer is no longer', () => {
  const longest = hex(`01 ff 2263   77 fe 0000   ${'ab'.repeat(CONVERT_BYTES_MAX - 8)}`)
  const decoded = decodeConvert(longest)
  assert.ok(decoded.kind === 'refused')
  const reply = answerRefusal(decoded)
  assert.equal(reply.length, CONVERT_BYTES_MAX)
  assert.deepEqual(reply.subarray(8), longest.subarray(0, 1_012))
})

for (const { name, message } of [
  { name: 'one TLV twice', message: [{ type: 'info' }, { type: 'info' }] },
  ...[-1, 256].map((code) => ({
    name: `error ${code}`,
    message: [{ type: 'error', code, value: NOTHING }],
  })),
  { name: 'more than 255 words', message: [{ type: 'cookie', cookie: new Uint8Array(1_013) }] },
  {
    name: 'an IPv4 address of four bytes',
    message: [{ type: 'connect', port: 1, address: ipv4.subarray(12) }],
  },
  { name: 'port 65536', message: [{ type: 'connect', port: 65_536, address: ipv4 }] },
  ...[0, 1, 2, 3, 5, 256].map((kind) => ({
    name: `a wish for TCP option ${kind}`,
    message: [{ type: 'connect', port: 1, address: ipv4, options: [{ kind, value: NOTHING }] }],
  })),
  {
    name: 'an option of 254 bytes',
    message: [
      {
        type: 'connect',
        port: 1,
        address: ipv4,
        options: [{ kind: 34, value: new Uint8Array(254) }],
      },
    ],
  },
  ...[0, 1, 2, 3, 5, 29].map((kind) => ({
    name: `an offer of TCP option ${kind}`,
    message: [{ type: 'supportedTcpExtensions', kinds: [kind] }],
  })),
] as ReadonlyArray<{ name: string; message: ConvertMessage }>) {
  test(`encodeConvert() throws on ${name}`, () => {
    assert.throws(() => encodeConvert(message), RangeError)
  })
}

const words = (length: number) => (bytes: Uint8Array) =>
  bytes.subarray(0, (bytes.length & ~3) | length)
const kind = fc.integer({ min: 6, max: 255 })
// Objects as the decoder makes them, not without a prototype.
const PLAIN = { noNullPrototype: true } as const
const option = fc.record({ kind, value: fc.uint8Array({ maxLength: 20 }) }, PLAIN)
const connect = fc.record(
  {
    type: fc.constant('connect' as const),
    port: fc.integer({ min: 0, max: 65_535 }),
    // Global unicast, and IPv4 below multicast: what a peer can be.
    address: fc.oneof(
      fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => {
        bytes[0] = 0x20
        return bytes
      }),
      fc.integer({ min: 1, max: 126 }).map((net) => parseAddress(`${net}.2.3.4`)!),
    ),
    options: fc.array(option, { maxLength: 8 }),
  },
  { ...PLAIN, requiredKeys: ['type', 'port', 'address'] },
)
const tlvs = fc.tuple(
  fc.option(fc.constant({ type: 'info' as const })),
  fc.option(connect),
  fc.option(
    fc.record(
      {
        type: fc.constant('extendedTcpHeader' as const),
        options: fc.uint8Array({ maxLength: 40 }).map(words(0)),
      },
      PLAIN,
    ),
  ),
  fc.option(
    fc.record(
      {
        type: fc.constant('supportedTcpExtensions' as const),
        kinds: fc.array(
          kind.filter((k) => k !== 29),
          { maxLength: 20 },
        ),
      },
      PLAIN,
    ),
  ),
  fc.option(
    fc.record(
      {
        type: fc.constant('cookie' as const),
        cookie: fc.uint8Array({ maxLength: 64 }).map(words(0)),
      },
      PLAIN,
    ),
  ),
  fc.option(
    fc.record(
      {
        type: fc.constant('error' as const),
        code: fc.integer({ min: 0, max: 255 }),
        value: fc
          .uint8Array({ minLength: 4, maxLength: 64 })
          .map((bytes) => bytes.subarray(0, (bytes.length & ~3) - 3)),
      },
      PLAIN,
    ),
  ),
)
const messages = tlvs.chain((all) => {
  const present = all.filter((tlv) => tlv !== null)
  return fc.shuffledSubarray(present, { minLength: present.length })
})

test('decodeConvert() reads back every message that encodeConvert() writes', () => {
  fc.assert(
    fc.property(messages, fc.uint8Array({ maxLength: 30 }), (message, payload) => {
      const wire = encodeConvert(message)
      const decoded = decodeConvert(Uint8Array.of(...wire, ...payload))
      assert.deepEqual(decoded, { kind: 'message', message, bytesUsed: wire.length })
    }),
    { seed: 1, numRuns: 1_000 },
  )
})

test('decodeConvert() survives 50,000 messages made by chance', () => {
  const ends = fuzzConvert(50_000, 8803)
  // Chance that never came to one of the ends would prove nothing about it.
  for (const [end, messages] of Object.entries(ends))
    assert.ok(messages > 500, `${end} ${messages}`)
})
