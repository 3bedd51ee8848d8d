/**
 * The concentrator, tried by an engineer of another vendor: a client that shares no code with us
 * (foreign-client.ts) says bytes that were written by hand from RFC 8803, over IPv4 and over IPv6, and the
 * answer is compared byte by byte; then the wire is looked at, for an Error must be followed by FIN and
 * not by RST.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { CONCENTRATOR } from './addresses.ts'
import type { Heard, Talk } from './foreign-client.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { PROJECT } from './places.ts'
import { readState } from './state.ts'

const skip = streetImpossible()
/** Half a second off from every byte of the client that says one a second. */
const CONVERT_WAIT_MS = 2_500
const COOKIE = 'COOKIE'

const SERVER4 = '00000000000000000000ffff c633640a'
const SERVER6 = '20010db8000500000000000000000010'
const ECHO = '0007'
const HTTP = '0050'
/** Type, length, port, address: `0a 05` and twenty bytes in all. */
const connectTo = (address: string, port: string) => `0a05 ${port} ${address}`
const ECHO4 = connectTo(SERVER4, ECHO)
/** The whole of what the RFC lets a converter say to a Base Connect that worked. */
const YES = '0101 2263'
const NOT_AUTHORIZED = '0102 2263 1e01 2000'
const ONE_VERSION = '0102 2263 1e01 0001'
const HELLO = '48656c6c6f2c20776f726c64'
const MUCH = createHash('shake256', { outputLength: 100_000 }).update('much').digest('hex')

interface Row {
  readonly name: string
  /** Spaced hex; COOKIE is the subscriber's. One text is one segment. */
  readonly says: string | readonly string[]
  readonly hears: string | RegExp
  /** FIN unless said otherwise. */
  readonly ending?: Heard['ending']
  /** Each byte a segment of its own. */
  readonly bytewise?: true
  readonly pieceMs?: number
  readonly lastAfterBytes?: number
  /** The client ends its half when it has said all. */
  readonly ends?: true
  /** When the connection has ended, at least and at most. */
  readonly ms?: readonly [number, number]
}

const rows: readonly Row[] = [
  {
    name: 'a Connect with cookie and early data, and the client ends first',
    says: `010b 2263 ${ECHO4} 1605 0000 ${COOKIE} ${HELLO}`,
    hears: `${YES} ${HELLO}`,
    ends: true,
  },
  {
    name: 'a Connect to an IPv6 server',
    says: `010b 2263 ${connectTo(SERVER6, ECHO)} 1605 0000 ${COOKIE} ${HELLO}`,
    hears: `${YES} ${HELLO}`,
    ends: true,
  },
  {
    name: 'the cookie first, then Connect',
    says: `010b 2263 1605 0000 ${COOKIE} ${ECHO4} ${HELLO}`,
    hears: `${YES} ${HELLO}`,
    ends: true,
  },
  {
    name: 'data that is said only after the yes',
    says: [`010b 2263 ${ECHO4} 1605 0000 ${COOKIE}`, HELLO],
    lastAfterBytes: 4,
    hears: `${YES} ${HELLO}`,
    ends: true,
  },
  {
    name: 'a server that ends first',
    says: `010b 2263 ${connectTo(SERVER4, HTTP)} 1605 0000 ${COOKIE} ${ascii('GET /bytes/5 HTTP/1.0\r\n\r\n')}`,
    hears: new RegExp(`^01012263${ascii('HTTP/1.1 200 OK\r\n')}`),
  },
  {
    name: 'a message byte by byte',
    says: `010b 2263 ${ECHO4} 1605 0000 ${COOKIE} ${HELLO}`,
    bytewise: true,
    pieceMs: 2,
    hears: `${YES} ${HELLO}`,
    ends: true,
  },
  {
    name: 'a message a byte a second: it is cut off in time',
    says: `010b 2263 ${ECHO4}`,
    bytewise: true,
    pieceMs: 1_000,
    hears: '',
    ms: [CONVERT_WAIT_MS - 100, CONVERT_WAIT_MS + 1_000],
  },
  {
    name: 'a client that says nothing: it is cut off in time',
    says: [],
    hears: '',
    ms: [CONVERT_WAIT_MS - 100, CONVERT_WAIT_MS + 1_000],
  },
  {
    name: 'half a message, and the client ends',
    says: '010b 2263 0a05 0007',
    hears: '',
    ends: true,
  },
  {
    name: '100,000 bytes of early data',
    says: `010b 2263 ${ECHO4} 1605 0000 ${COOKIE} ${MUCH}`,
    hears: `${YES} ${MUCH}`,
    ends: true,
  },
  {
    name: 'Info alone: the kinds that are supported, Multipath TCP among them, then FIN',
    says: '0102 2263 0101 0000',
    hears: /^01(..)226315(..)0000(..)*1e(..)*$/,
  },
  {
    name: 'Info with a cookie, and Connect in a second message',
    says: [`0107 2263 0101 0000 1605 0000 ${COOKIE}`, `0106 2263 ${ECHO4} ${HELLO}`],
    lastAfterBytes: 12,
    hears: new RegExp(`^01(..)226315(..)0000(..)*1e(..)*01012263${HELLO}$`),
    ends: true,
  },
  {
    name: 'Info and Connect together: both answers in one message',
    says: `010c 2263 0101 0000 ${ECHO4} 1605 0000 ${COOKIE} ${HELLO}`,
    hears: new RegExp(`^01(..)226315(..)0000(..)*1e(..)*${HELLO}$`),
    ends: true,
  },
  { name: 'garbage', says: 'deadbeef'.repeat(16), hears: '', ending: 'reset' },
  { name: 'a browser', says: ascii('GET / HTTP/1.1\r\n\r\n'), hears: '', ending: 'reset' },
  { name: 'a wrong magic number', says: '0101 beef', hears: '', ending: 'reset' },
  { name: 'Total Length 0', says: '0100 2263', hears: '', ending: 'reset' },
  { name: 'version 0', says: `0006 2263 ${ECHO4}`, hears: ONE_VERSION },
  { name: 'version 2', says: `0206 2263 ${ECHO4}`, hears: ONE_VERSION },
  malformed('a header alone', '0101 2263'),
  malformed('one TLV twice', '0103 2263 0101 0000 0101 0000'),
  malformed('Connect twice', `010b 2263 ${ECHO4} ${ECHO4}`),
  malformed('a TLV of no length', '0102 2263 1e00 0000'),
  malformed('a TLV longer than the message', '0103 2263 0a05 0007 0000 0000'),
  malformed('a Connect too short', '0102 2263 0a01 0007'),
  malformed('an option without room', `0107 2263 0a06 0007 ${SERVER4} 2205 1122`),
  { name: 'type 0', says: '0102 2263 0001 0000', hears: '0104 2263 1e03 0200 0102 2263 0001 0000' },
  {
    name: 'an unknown type',
    says: `0107 2263 7701 0000 ${ECHO4}`,
    hears: `0109 2263 1e08 0200 0107 2263 7701 0000 ${ECHO4}`,
  },
  malformed('a header alone, and its data is not echoed', '0101 2263', HELLO),
  ...[
    ['127.0.0.1', '00000000000000000000ffff7f000001'],
    ['127.255.255.254', '00000000000000000000ffff7ffffffe'],
    ['::1', '00000000000000000000000000000001'],
    ['224.0.0.1', '00000000000000000000ffffe0000001'],
    ['ff02::1', 'ff020000000000000000000000000001'],
    ['255.255.255.255', '00000000000000000000ffffffffffff'],
  ].map(([name, address]) =>
    malformed(
      `Connect to ${name}`,
      `010b 2263 ${connectTo(String(address), HTTP)} 1605 0000 ${COOKIE}`,
    ),
  ),
  ...[
    ['169.254.169.254', '00000000000000000000ffffa9fea9fe'],
    ['10.0.0.1', '00000000000000000000ffff0a000001'],
    ['0.0.0.0', '00000000000000000000ffff00000000'],
    ['::', '00000000000000000000000000000000'],
    ['::127.0.0.1, the old form', '0000000000000000000000007f000001'],
    ['64:ff9b::127.0.0.1', '0064ff9b0000000000000000 7f000001'],
    ['fe80::1', 'fe800000000000000000000000000001'],
    ['fd00:ec2::254', 'fd000ec2000000000000000000000254'],
    ['the concentrator, IPv4', '00000000000000000000ffffc000020a'],
    ['the concentrator, IPv6', '20010db8000c00000000000000000010'],
  ].map(([name, address]) => ({
    name: `Connect to ${name} is not authorized`,
    says: `010b 2263 ${connectTo(String(address), HTTP)} 1605 0000 ${COOKIE}`,
    hears: NOT_AUTHORIZED,
  })),
  { name: 'no cookie', says: `0106 2263 ${ECHO4}`, hears: NOT_AUTHORIZED },
  {
    name: 'a wrong cookie',
    says: `010b 2263 ${ECHO4} 1605 0000 ${'00'.repeat(16)}`,
    hears: NOT_AUTHORIZED,
  },
  {
    name: 'the cookie with a word behind it',
    says: `010c 2263 ${ECHO4} 1606 0000 ${COOKIE} 0000 0000`,
    hears: NOT_AUTHORIZED,
  },
  {
    name: 'an empty cookie',
    says: `0107 2263 ${ECHO4} 1601 0000`,
    hears: NOT_AUTHORIZED,
  },
  {
    name: 'a cookie of 992 bytes, and the message is full',
    says: `01ff 2263 ${ECHO4} 16f9 0000 ${'ab'.repeat(992)}`,
    hears: NOT_AUTHORIZED,
  },
  {
    name: 'a port on which nobody listens',
    says: `010b 2263 ${connectTo(SERVER4, '0051')} 1605 0000 ${COOKIE}`,
    hears: '0102 2263 1e01 6000',
  },
  {
    name: 'port 0',
    says: `010b 2263 ${connectTo(SERVER4, '0000')} 1605 0000 ${COOKIE}`,
    hears: '0102 2263 1e01 6000',
  },
  {
    name: 'an Extended Connect that asks for TCP-AO',
    says: `010c 2263 0a06 0007 ${SERVER4} 1d02 0000 1605 0000 ${COOKIE}`,
    hears: '0102 2263 1e01 211d',
  },
]

const results: { row: Row; family: string; heard: Heard; wire: Wire }[] = []
let street: Street
let cookie: string

before(async () => {
  if (skip !== false) return
  const limits = { convertWaitMs: CONVERT_WAIT_MS }
  street = await raiseStreet({
    name: 'hyb-foreign',
    daemons: false,
    concentrator: { limits },
  })
  await street.restart('concentrator')
  const capture = join(street.directory, 'foreign.pcap')
  const filter = `tcp port ${CONCENTRATOR.port}`
  // Headers only: 100,000 bytes of early data tell nothing more.
  const argv = ['tcpdump', '--immediate-mode', '-Uni', 'any', '-s', '128', '-w', capture, filter]
  const tcpdump = street.spawn('cpe', argv, { stdio: ['ignore', 'ignore', 'pipe'] })
  await once(tcpdump.stderr!, 'data')

  cookie = readState(street.name).subscriber.cookie
  const plan = rows.flatMap((row) =>
    Object.entries(CONCENTRATOR.own).map(([family, host]) => ({ row, family, host })),
  )
  const talks = plan.map(({ row, host }): Talk => {
    const { says, bytewise, pieceMs = 1, ends = false, lastAfterBytes } = row
    const segments = [says].flat().map((piece) => bare(piece, cookie))
    const pieces = bytewise ? (segments.join('').match(/../g) ?? []) : segments
    const last = lastAfterBytes !== undefined && { lastAfterBytes }
    return { host, port: CONCENTRATOR.port, pieces, pieceMs, ends, ...last }
  })
  const client = join(PROJECT, 'deploy', 'lab', 'foreign-client.ts')
  const { status, stdout, stderr } = await street.exec('cpe', ['node', client], {
    input: JSON.stringify(talks),
  })
  assert.equal(status, 0, stderr)
  tcpdump.kill('SIGINT')
  await once(tcpdump, 'exit')
  const wires = await readCapture(capture)
  for (const [i, heard] of (JSON.parse(stdout) as readonly Heard[]).entries()) {
    const wire = wires.get(heard.localPort)
    assert.ok(wire !== undefined, `port ${heard.localPort} is not in the capture`)
    results.push({ ...plan[i]!, heard, wire })
  }
})
after(async () => {
  if (skip === false) await street.down()
})

for (const row of rows) {
  test(row.name, { skip }, () => {
    const both = results.filter((result) => result.row === row)
    assert.equal(both.length, 2)
    for (const { family, heard, wire } of both) {
      const { hears, ending = 'fin', ms } = row
      if (typeof hears === 'string') assert.equal(heard.hex, bare(hears, cookie), family)
      else assert.match(heard.hex, hears, family)
      assert.equal(heard.ending, ending, family)
      // What the client's library says is one thing, what was on the wire another.
      assert.equal(wire.resetByConcentrator, ending === 'reset', `${family}: RST`)
      assert.equal(wire.ended, ending === 'fin', `${family}: FIN`)
      if (ms === undefined) continue
      assert.ok(heard.ms >= ms[0] && heard.ms <= ms[1], `${family}: after ${heard.ms} ms`)
    }
  })
}

interface Wire {
  resetByConcentrator: boolean
  /** The concentrator sent a FIN. */
  ended: boolean
}

/** What the concentrator did to each of the client's ports. */
async function readCapture(file: string): Promise<Map<number, Wire>> {
  const { status, stdout, stderr } = await street.exec('cpe', [
    ...['tcpdump', '-nr', file, `tcp src port ${CONCENTRATOR.port}`],
  ])
  assert.equal(status, 0, stderr)
  const wires = new Map<number, Wire>()
  for (const line of stdout.split('\n')) {
    const [, port, flags = ''] = / > \S+\.(\d+): Flags \[([^\]]+)\]/.exec(line) ?? []
    if (port === undefined) continue
    const wire = wires.get(Number(port)) ?? { resetByConcentrator: false, ended: false }
    if (flags.includes('R')) wire.resetByConcentrator = true
    if (flags.includes('F')) wire.ended = true
    wires.set(Number(port), wire)
  }
  return wires
}

/** A message that deserves Error 1: its echo, and nothing of what stands behind it. */
function malformed(name: string, message: string, behind = ''): Row {
  const bytes = message.replaceAll(' ', '').replace(COOKIE, '00'.repeat(16)).length / 2
  const words = (2 + bytes / 4).toString(16).padStart(2, '0')
  const tlvWords = (1 + bytes / 4).toString(16).padStart(2, '0')
  return {
    name,
    says: `${message} ${behind}`,
    hears: `01${words} 2263 1e${tlvWords} 0100 ${message}`,
  }
}

function bare(spaced: string, cookie: string): string {
  return spaced.replaceAll(' ', '').replaceAll(COOKIE, cookie)
}

function ascii(text: string): string {
  return Buffer.from(text, 'latin1').toString('hex')
}
