import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeConvert } from './convert.ts'
import { describeError, describeTlv, nameOfError, plainTlv } from './convert-words.ts'
import { hex } from './hex.fake.ts'

const IPV4 = '0000 0000 0000 0000 0000 ffff c000 0219'
const IPV6 = '2001 0db8 0000 0000 0000 0000 0001 0080'

const rows: ReadonlyArray<{ wire: string; words: string; plain: Record<string, unknown> }> = [
  { wire: '01 01 0000', words: 'Info', plain: { type: 'info' } },
  {
    wire: `0a 05 01bb ${IPV4}`,
    words: 'Connect 192.0.2.25:443',
    plain: { type: 'connect', address: '192.0.2.25', port: 443 },
  },
  {
    wire: `0a 08 1f90 ${IPV6} 0402 220a 1122 3344 5566 7788`,
    words:
      'Connect [2001:db8::1:80]:8080, TCP options SACK Permitted (4), Fast Open Cookie (34) 1122334455667788',
    plain: {
      type: 'connect',
      address: '2001:db8::1:80',
      port: 8080,
      options: [
        { kind: 4, name: 'SACK Permitted', value: '' },
        { kind: 34, name: 'Fast Open Cookie', value: '1122334455667788' },
      ],
    },
  },
  {
    wire: `0a 06 01bb ${IPV4} 0000 0000`,
    words: 'Connect 192.0.2.25:443, TCP options none',
    plain: { type: 'connect', address: '192.0.2.25', port: 443, options: [] },
  },
  {
    wire: '14 04 0000 0204 05b4 0402 0103 0307 0000',
    words:
      'Extended TCP Header: Maximum Segment Size (2) 05b4, SACK Permitted (4), Window Scale (3) 07',
    plain: {
      type: 'extendedTcpHeader',
      options: [
        { kind: 2, name: 'Maximum Segment Size', value: '05b4' },
        { kind: 4, name: 'SACK Permitted', value: '' },
        { kind: 3, name: 'Window Scale', value: '07' },
      ],
      hex: '020405b40402010303070000',
    },
  },
  {
    wire: '14 02 0000 2209 0000',
    words: 'Extended TCP Header: that cannot be read',
    plain: { type: 'extendedTcpHeader', options: null, hex: '22090000' },
  },
  {
    wire: '14 01 0000',
    words: 'Extended TCP Header: none',
    plain: { type: 'extendedTcpHeader', options: [], hex: '' },
  },
  {
    wire: '15 02 0000 1e fd 00 00',
    words: 'Supported TCP Extensions: Multipath TCP (30), kind 253',
    plain: { type: 'supportedTcpExtensions', kinds: [30, 253] },
  },
  {
    wire: '15 01 0000',
    words: 'Supported TCP Extensions: none',
    plain: { type: 'supportedTcpExtensions', kinds: [] },
  },
  {
    wire: '16 02 0000 c00c 1e42',
    words: 'Cookie of 4 bytes c00c1e42',
    plain: { type: 'cookie', cookie: 'c00c1e42' },
  },
  { wire: '16 01 0000', words: 'Cookie of no bytes', plain: { type: 'cookie', cookie: '' } },
  ...(
    [
      ['1e 01 00 01', 'Error 0 Unsupported Version: it speaks version 1', '01'],
      [
        '1e 02 00 01 0200 0000',
        'Error 0 Unsupported Version: it speaks version 1, 2',
        '0102000000',
      ],
      ['1e 01 00 00', 'Error 0 Unsupported Version: it speaks version none', '00'],
      ['1e 02 01 00 0101 2263', 'Error 1 Malformed Message: it read 01012263', '0001012263'],
      ['1e 01 01 00', 'Error 1 Malformed Message: it read nothing', '00'],
      ['1e 02 02 00 0101 2263', 'Error 2 Unsupported Message: it read 01012263', '0001012263'],
      [
        '1e 02 03 00 c00c 1e42',
        'Error 3 Missing Cookie: come back with the cookie of 4 bytes c00c1e42',
        '00c00c1e42',
      ],
      ['1e 01 20 00', 'Error 32 Not Authorized', '00'],
      ['1e 01 21 1d', 'Error 33 Unsupported TCP Option: TCP-AO (29)', '1d'],
      ['1e 01 21 00', 'Error 33 Unsupported TCP Option: none named', '00'],
      ['1e 01 40 3c', 'Error 64 Resource Exceeded: ask nothing for 60 s', '3c'],
      ['1e 01 41 00', 'Error 65 Network Failure: ask nothing for 30 s', '00'],
      ['1e 01 60 00', 'Error 96 Connection Reset', '00'],
      ['1e 01 61 03', 'Error 97 Destination Unreachable: ICMP code 3', '03'],
      ['1e 01 c8 07', 'Error 200 of private use: value 07', '07'],
    ] as const
  ).map(([wire, words, value]) => {
    const code = hex(wire)[2]!
    return { wire, words, plain: { type: 'error', code, name: nameOfError(code), value } }
  }),
]

for (const { wire, words, plain } of rows) {
  test(`${wire} is '${words}'`, () => {
    const tlv = decoded(wire)
    assert.equal(describeTlv(tlv), words)
    assert.deepEqual(plainTlv(tlv), plain)
  })
}

test('an error that nobody has defined is told by its class', () => {
  for (const [code, name] of [
    [31, 'of the message'],
    [34, 'of the client'],
    [95, 'of the converter'],
    [127, 'of the destination'],
    [191, 'by specification'],
    [255, 'of private use'],
  ] as const) {
    assert.equal(nameOfError(code), name)
    const words = describeError({ type: 'error', code, value: hex('00') })
    assert.equal(words, `Error ${code} ${name}: value 00`)
  }
})

/** The one TLV of a message made of `wire` and a header that fits. */
function decoded(wire: string) {
  const words = (1 + hex(wire).length / 4).toString(16).padStart(2, '0')
  const message = decodeConvert(hex(`01 ${words} 2263 ${wire}`))
  assert.ok(message.kind === 'message')
  return message.message[0]!
}
