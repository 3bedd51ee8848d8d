/**
 * The dissector (convert.lua) against the project's RFC 8803 vectors: each is a packet of its own
 * connection in a capture made here, and tshark must say what it means, field by field.
 */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { hex } from '../../shared/wire/hex.fake.ts'

const skip =
  spawnSync('tshark', ['--version']).error === undefined ? false : 'reading captures needs tshark'

const REQUEST = 'GET / HTTP/1.0'
const IPV4 = '0000 0000 0000 0000 0000 ffff c000 0219'
const IPV6 = '2001 0db8 0000 0000 0000 0000 0001 0080'
const CONNECT = { 'tlv.type': '10', 'connect.port': '443', ...toIpv4('192.0.2.25') }
const TO_MULTICAST = { 'tlv.type': '10', 'connect.port': '80', ...toIpv4('224.0.0.1') }
const NO_PEER = 'Nobody may be asked for multicast, broadcast or loopback'
const MAGIC = { version: '1', magic: '0x2263' }
const SERVER_SAID_NO = { ...MAGIC, 'tlv.type': '30' }

/** `means` is every field that is there, without `convert.` before its name; `expert` what is wrong. */
const rows: ReadonlyArray<{ id: string; wire: string; means: Record<string, string> }> = [
  { id: 'V01', wire: '0102 2263 0101 0000', means: { ...MAGIC, length: '2', 'tlv.type': '1' } },
  {
    id: 'V02',
    wire: `0106 2263 0a05 01bb ${IPV4}`,
    means: { ...MAGIC, length: '6', ...CONNECT },
  },
  {
    id: 'V03',
    wire: `0106 2263 0a05 1f90 ${IPV6}`,
    means: {
      ...MAGIC,
      length: '6',
      'tlv.type': '10',
      'connect.port': '8080',
      'connect.address': '2001:db8::1:80',
    },
  },
  {
    id: 'V04',
    wire: `0107 2263 0a06 01bb ${IPV4} 1e02 0000`,
    means: {
      ...MAGIC,
      length: '7',
      ...CONNECT,
      'option.kind': '30',
      'option.length': '2',
      'tlv.padding': '00,00',
    },
  },
  {
    id: 'V05',
    wire: `0109 2263 0a08 1f90 ${IPV6} 0402 220a 1122 3344 5566 7788`,
    means: {
      ...MAGIC,
      length: '9',
      'tlv.type': '10',
      'connect.port': '8080',
      'connect.address': '2001:db8::1:80',
      'option.kind': '4,34',
      'option.length': '2,10',
      'option.value': '1122334455667788',
    },
  },
  {
    id: 'V06',
    wire: '0103 2263 1502 0000 0408 1e22',
    means: { ...MAGIC, length: '3', 'tlv.type': '21', 'supported.kind': '4,8,30,34' },
  },
  {
    id: 'V06b',
    wire: '0103 2263 1502 0000 1e00 0000',
    means: {
      ...MAGIC,
      length: '3',
      'tlv.type': '21',
      'supported.kind': '30',
      'tlv.padding': '00,00,00',
    },
  },
  {
    id: 'V07',
    wire: `0109 2263 0a05 01bb ${IPV4} 1603 0000 0123 4567 89ab cdef`,
    means: { ...MAGIC, length: '9', ...CONNECT, 'tlv.type': '10,22', cookie: '0123456789abcdef' },
  },
  {
    id: 'V07b',
    wire: `0109 2263 0a05 01bb ${IPV4} 1603 0000 6162 6364 6500 0000`,
    means: { ...MAGIC, length: '9', ...CONNECT, 'tlv.type': '10,22', cookie: '6162636465000000' },
  },
  {
    id: 'V08',
    wire: '0105 2263 1404 0000 0204 05b4 0402 0103 0307 0000',
    means: {
      ...MAGIC,
      length: '5',
      'tlv.type': '20',
      'option.kind': '2,4,1,3',
      'option.length': '4,2,3',
      'option.value': '05b4,07',
      'tlv.padding': '00,00',
    },
  },
  { id: 'V09', wire: '0101 2263', means: { ...MAGIC, length: '1' } },
  {
    id: 'V10',
    wire: '0102 2263 1e01 0001',
    means: {
      ...SERVER_SAID_NO,
      length: '2',
      ...no(0, 'Unsupported Version'),
      'error.version': '1',
    },
  },
  {
    id: 'V10b',
    wire: '0103 2263 1e02 0001 0200 0000',
    means: {
      ...SERVER_SAID_NO,
      length: '3',
      ...no(0, 'Unsupported Version'),
      'error.version': '1,2',
      'tlv.padding': '00,00,00',
    },
  },
  {
    id: 'V11',
    wire: '0106 2263 0a05 0050 0000 0000 0000 0000 0000 ffff e000 0001',
    means: { ...MAGIC, length: '6', ...TO_MULTICAST, expert: NO_PEER },
  },
  {
    id: 'V12',
    wire: '0108 2263 1e07 0100 0106 2263 0a05 0050 0000 0000 0000 0000 0000 ffff e000 0001',
    means: {
      version: '1,1',
      magic: '0x2263,0x2263',
      length: '8,6',
      ...TO_MULTICAST,
      'tlv.type': '30,10',
      'error.code': '1',
      'error.echo': '010622630a05005000000000000000000000ffffe0000001',
      expert: `Malformed Message,${NO_PEER}`,
    },
  },
  {
    id: 'V13',
    wire: '0102 2263 0001 0000',
    means: {
      ...MAGIC,
      length: '2',
      'tlv.type': '0',
      'tlv.value': '0000',
      expert: 'A TLV of type 0 is not defined',
    },
  },
  {
    id: 'V14',
    wire: '0104 2263 1e03 0200 0102 2263 0001 0000',
    means: {
      version: '1,1',
      magic: '0x2263,0x2263',
      length: '4,2',
      'tlv.type': '30,0',
      'tlv.value': '0000',
      'error.code': '2',
      'error.echo': '0102226300010000',
      expert: 'Unsupported Message,A TLV of type 0 is not defined',
    },
  },
  {
    id: 'V15',
    wire: '0104 2263 1e03 0300 0123 4567 89ab cdef',
    means: {
      ...SERVER_SAID_NO,
      length: '4',
      ...no(3, 'Missing Cookie'),
      'error.cookie': '0123456789abcdef',
    },
  },
  {
    id: 'V16',
    wire: '0102 2263 1e01 2000',
    means: { ...SERVER_SAID_NO, length: '2', ...no(32, 'Not Authorized'), 'error.value': '00' },
  },
  {
    id: 'V17',
    wire: '0102 2263 1e01 211d',
    means: {
      ...SERVER_SAID_NO,
      length: '2',
      ...no(33, 'Unsupported TCP Option'),
      'error.kind': '29',
    },
  },
  {
    id: 'V17b',
    wire: '0103 2263 1e02 211d 131c 0000',
    means: {
      ...SERVER_SAID_NO,
      length: '3',
      ...no(33, 'Unsupported TCP Option'),
      'error.kind': '29,19,28',
      'tlv.padding': '00,00',
    },
  },
  {
    id: 'V18',
    wire: '0102 2263 1e01 403c',
    means: { ...SERVER_SAID_NO, length: '2', ...no(64, 'Resource Exceeded'), 'error.wait': '60' },
  },
  {
    id: 'V19',
    wire: '0102 2263 1e01 4100',
    means: { ...SERVER_SAID_NO, length: '2', ...no(65, 'Network Failure'), 'error.wait': '0' },
  },
  {
    id: 'V20',
    wire: '0102 2263 1e01 6000',
    means: { ...SERVER_SAID_NO, length: '2', ...no(96, 'Connection Reset'), 'error.value': '00' },
  },
  {
    id: 'V21',
    wire: '0102 2263 1e01 6103',
    means: {
      ...SERVER_SAID_NO,
      length: '2',
      ...no(97, 'Destination Unreachable'),
      'error.icmp_code': '3',
    },
  },
  {
    id: 'V22',
    wire: `0106 2263 0a05 01bb ${IPV4} 4745 5420 2f20 4854 5450 2f31 2e30 0d0a 0d0a`,
    means: { ...MAGIC, length: '6', ...CONNECT, 'http.request.method': 'GET', ...chat(REQUEST) },
  },
  {
    id: 'version 0',
    wire: '0001 2263',
    means: { version: '0', length: '1', magic: '0x2263', expert: 'Version 0 is not defined' },
  },
  {
    id: 'no length',
    wire: '0100 2263',
    means: { ...MAGIC, length: '0', expert: 'Of no length: the connection is to be reset' },
  },
  {
    id: 'a TLV of no length',
    wire: '0102 2263 1e00 0000',
    means: {
      ...MAGIC,
      length: '2',
      'tlv.type': '30',
      unread: '1e000000',
      expert: 'A TLV of no length',
    },
  },
  {
    id: 'a TLV past the end',
    wire: '0103 2263 0a05 01bb 0000 0000',
    means: {
      ...MAGIC,
      length: '3',
      'tlv.type': '10',
      unread: '0a0501bb00000000',
      expert: 'A TLV longer than its message',
    },
  },
  {
    id: 'two Infos',
    wire: '0103 2263 0101 0000 0101 0000',
    means: {
      ...MAGIC,
      length: '3',
      'tlv.type': '1,1',
      expert: 'A TLV may stand in a connection once',
    },
  },
  {
    id: 'an option past the end',
    wire: `0107 2263 0a06 01bb ${IPV4} 2205 1122`,
    means: {
      ...MAGIC,
      length: '7',
      ...CONNECT,
      'tlv.value': '22051122',
      expert: 'TCP Fast Open Cookie has a length that cannot be',
    },
  },
  {
    id: 'loopback',
    wire: '0106 2263 0a05 0050 0000 0000 0000 0000 0000 0000 0000 0001',
    means: {
      ...MAGIC,
      length: '6',
      'tlv.type': '10',
      'connect.port': '80',
      'connect.address': '::1',
      expert: NO_PEER,
    },
  },
  {
    id: 'an error that nobody has defined',
    wire: '0102 2263 1e01 c807',
    means: {
      ...SERVER_SAID_NO,
      length: '2',
      'error.code': '200',
      'error.value': '07',
      expert: 'Error 200,Error 200 is not defined',
    },
  },
  {
    id: 'what is no Convert',
    wire: '0101 beef',
    means: { expert: 'No Convert message here: a subflow that joined, or another protocol' },
  },
]

test('each vector is dissected to what it means', { skip }, async (t) => {
  const packets = rows.map(({ wire }, i) => segment(FIRST_PORT + i, LISTENING, 1, hex(wire)))
  const lines = await read(packets, FIELDS)
  for (const [i, { id, means }] of rows.entries()) {
    await t.test(id, () => assert.deepEqual(fieldsOf(lines[i]), means))
  }
})

test('a message in many segments is put together, and what follows it handed on', {
  skip,
}, async () => {
  const message = hex(`0106 2263 0a05 0050 ${IPV4}`)
  const request = Buffer.concat([message, Buffer.from('GET / HTTP/1.0\r\n\r\n')])
  const packets = Array.from(request, (byte, i) =>
    segment(FIRST_PORT, LISTENING, 1 + i, Uint8Array.of(byte)),
  )
  packets.push(
    segment(
      LISTENING,
      FIRST_PORT,
      1,
      Buffer.from('\x01\x01\x22\x63HTTP/1.0 204 No Content\r\n\r\n', 'latin1'),
    ),
  )
  const lines = await read(packets, FIELDS)
  assert.deepEqual(fieldsOf(lines[message.length - 1]), {
    ...MAGIC,
    length: '6',
    ...CONNECT,
    'connect.port': '80',
  })
  assert.deepEqual(fieldsOf(lines[request.length - 1]), {
    'http.request.method': 'GET',
    ...chat(REQUEST),
  })
  assert.deepEqual(fieldsOf(lines[request.length]), {
    ...MAGIC,
    length: '1',
    'http.response.code': '204',
    ...chat('HTTP/1.0 204 No Content'),
  })
  assert.equal(lines.filter((line) => /\S/.test(line)).length, 3)
})

test('a hello and its Connect are two messages, wherever the segments end', { skip }, async () => {
  const hello = '0104 2263 0101 0000 1602 0000 c00c 1e42'
  const connect = `0106 2263 0a05 0050 ${IPV4}`
  const together = [
    segment(FIRST_PORT, LISTENING, 1, hex(hello + connect)),
    segment(LISTENING, FIRST_PORT, 1, hex('0103 2263 1502 0000 1e00 0000')),
    segment(LISTENING, FIRST_PORT, 13, hex('0101 2263')),
    // What looks like a message behind the last one is the server's own.
    segment(LISTENING, FIRST_PORT, 17, hex('0101 2263')),
  ]
  const lines = await read(together, ['convert.tlv.type', 'convert.length'])
  assert.deepEqual(lines, ['1,22,10\t4,6', '21\t3', '\t1', '\t'])
})

test('on a port that nobody named, Convert is known by its first bytes', { skip }, async () => {
  const packets = [
    segment(FIRST_PORT, 5_124, 1, hex(`0106 2263 0a05 0050 ${IPV4}`)),
    segment(5_124, FIRST_PORT, 1, hex('0102 2263 1e01 6000')),
    segment(FIRST_PORT + 1, 5_124, 1, hex('0106 2263 7705 0050')),
  ]
  const lines = await read(packets, ['convert.tlv.type', 'convert.error.code'])
  assert.deepEqual(lines, ['10\t', '30\t96', '\t'])
})

test('the port is a preference', { skip }, async () => {
  const packets = [segment(FIRST_PORT, 5_124, 1, hex('0001 2263'))]
  const options = ['-o', 'convert.ports:5124']
  assert.deepEqual(await read(packets, ['convert.version']), [''])
  assert.deepEqual(await read(packets, ['convert.version'], options), ['0'])
})

test('no message made of chance brings the dissector to a Lua error', { skip }, async () => {
  const packets = Array.from({ length: 2_000 }, (_, i) => {
    const { wire } = rows[i % rows.length]!
    const bytes = hex(wire)
    // The first four bytes stay Convert; one of the others is another one.
    const at = 4 + ((i * 7_919) % Math.max(1, bytes.length - 4))
    if (at < bytes.length) bytes[at] = (i * 104_729) % 256
    return segment(FIRST_PORT + i, LISTENING, 1, bytes)
  })
  // Wireshark's own word for an exception is the same as for what we call malformed.
  const fields = ['_ws.lua.error', '_ws.malformed', 'convert.malformed']
  const lines = await read(packets, fields)
  assert.equal(lines.length, 2_000)
  for (const [i, line] of lines.entries()) {
    const hexed = Buffer.from(packets[i]!).toString('hex')
    assert.match(line, /^\t(\t|_ws\.malformed\t1(,1)*)$/, hexed)
  }
})

/** What tshark says of each packet: the fields, with tabs between. */
async function read(
  packets: readonly Uint8Array[],
  fields: readonly string[],
  options: readonly string[] = [],
): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'hyb-dissect-'))
  try {
    const file = join(folder, 'vectors.pcap')
    writeFileSync(file, pcap(packets))
    const { stdout } = await promisify(execFile)(
      'tshark',
      [
        ...['-X', `lua_script:${join(import.meta.dirname, 'convert.lua')}`, '-r', file],
        // So that early data to port 443 need not be TLS.
        ...['-d', 'tcp.port==443,http', '-T', 'fields', ...options],
        ...fields.flatMap((field) => ['-e', field]),
      ],
      { env: { ...process.env, WIRESHARK_CONFIG_DIR: folder }, maxBuffer: 16_777_216 },
    )
    return stdout.split('\n').slice(0, -1)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function fieldsOf(line = ''): Record<string, string> {
  const values = line.split('\t')
  const present = FIELDS.map((name, i) => [name, values[i] ?? ''] as const)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => [name.replace(/^convert\./, '').replace(/^_ws.*/, 'expert'), value])
  return Object.fromEntries(present) as Record<string, string>
}

function toIpv4(address: string) {
  return { 'connect.address': `::ffff:${address}`, 'connect.ipv4': address }
}

/** Wireshark's own remark about HTTP. */
function chat(line: string) {
  return { expert: `${line}\\r\\n` }
}

function no(code: number, name: string) {
  return { 'error.code': `${code}`, expert: name }
}

/** A TCP segment in an IPv4 packet of its own, without checksums: nobody asks for them. */
function segment(from: number, to: number, sequence: number, payload: Uint8Array): Uint8Array {
  const packet = new Uint8Array(HEADERS_BYTES + payload.length)
  const view = new DataView(packet.buffer)
  view.setUint8(0, 0x45)
  view.setUint16(2, packet.length)
  view.setUint8(8, 64)
  view.setUint8(9, 6)
  // The concentrator is 10.0.0.2, whichever side speaks.
  view.setUint32(12, from > to ? 0x0a000001 : 0x0a000002)
  view.setUint32(16, from > to ? 0x0a000002 : 0x0a000001)
  view.setUint16(20, from)
  view.setUint16(22, to)
  view.setUint32(24, sequence)
  view.setUint32(28, 1)
  view.setUint16(32, 0x5018)
  view.setUint16(34, 8_192)
  packet.set(payload, HEADERS_BYTES)
  return packet
}

/** A capture file of raw IP packets (LINKTYPE_RAW), all of the same second. */
function pcap(packets: readonly Uint8Array[]): Uint8Array {
  const header = Uint32Array.of(0xa1b2c3d4, 0x00040002, 0, 0, 65_535, 101)
  const records = packets.flatMap((packet) => [
    new Uint8Array(Uint32Array.of(0, 0, packet.length, packet.length).buffer),
    packet,
  ])
  return Buffer.concat([new Uint8Array(header.buffer), ...records])
}

const HEADERS_BYTES = 40
const FIRST_PORT = 40_000
const LISTENING = 8_803
const FIELDS = [
  ...[
    ...['version', 'length', 'magic', 'unread'],
    ...['tlv.type', 'tlv.value', 'tlv.padding', 'connect.port', 'connect.address', 'connect.ipv4'],
    ...['option.kind', 'option.length', 'option.value', 'supported.kind', 'cookie'],
    ...['error.code', 'error.value', 'error.version', 'error.echo', 'error.cookie', 'error.kind'],
    ...['error.wait', 'error.icmp_code'],
  ].map((name) => `convert.${name}`),
  '_ws.expert.message',
  'http.request.method',
  'http.response.code',
]
