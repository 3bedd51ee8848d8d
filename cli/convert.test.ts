/**
 * `hybridge convert` as it is typed, against a listener on the loopback that answers with the bytes a row
 * names: the exit status, and what is said.
 */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { CommanderError } from 'commander'
import { hex } from '../shared/wire/hex.fake.ts'
import { convertCommand } from './convert.ts'
import { Misuse } from './misuse.ts'

const CONNECT = '0a05 01bb 0000 0000 0000 0000 0000 ffff c000 0219'
const SERVER = '192.0.2.25:443'

const rows: ReadonlyArray<{
  name: string
  argv: readonly string[]
  hears: string
  answers: string
  status: number
  says: RegExp
}> = [
  {
    name: 'a yes, with what the server says',
    argv: [SERVER, '--plain', '--send', 'GET\\r\\n', '--hex'],
    hears: `0106 2263 ${CONNECT} 4745 540d 0a`,
    answers: '0101 2263 4869 0d0a 00',
    status: 0,
    says: /over plain TCP\nSent a message of 24 bytes and 5 bytes of early data\n {2}Connect 192\.0\.2\.25:443\n {4}0000 {2}01062263 0a0501bb 00000000 00000000\n.*the header alone\n.*The server said Hi\\r\\n\\x00\nYes: the server is connected\n$/s,
  },
  {
    name: 'a yes after more early data than a segment holds',
    argv: [SERVER, '--plain', '--send', 'a'.repeat(10_000)],
    hears: `0106 2263 ${CONNECT} ${'61'.repeat(10_000)}`,
    answers: '0101 2263',
    status: 0,
    says: /and 10000 bytes of early data\n/,
  },
  {
    name: 'that Multipath TCP was not to be had',
    argv: [SERVER],
    hears: `0106 2263 ${CONNECT}`,
    answers: '0101 2263',
    status: 0,
    says: /over plain TCP, although Multipath TCP was asked/,
  },
  {
    name: 'a no, with its name',
    argv: [SERVER, '--cookie', 'c00c1e42'],
    hears: `0108 2263 ${CONNECT} 1602 0000 c00c 1e42`,
    answers: '0102 2263 1e01 6103',
    status: 1,
    says: /\nNo: Error 97 Destination Unreachable: ICMP code 3\n$/,
  },
  {
    name: 'what is supported',
    argv: ['--info'],
    hears: '0102 2263 0101 0000',
    answers: '0103 2263 1502 0000 1e00 0000',
    status: 0,
    says: /Supported TCP Extensions: Multipath TCP \(30\)\nYes: the concentrator answers\n$/,
  },
  {
    name: 'that an Extended Connect is owed more',
    argv: [SERVER, '--option', '30', '--option', '34:1122'],
    hears: `0108 2263 0a07 ${CONNECT.slice(5)} 1e02 2204 1122 0000`,
    answers: '0101 2263',
    status: 0,
    says: /RFC 8803 owes an Extended TCP Header/,
  },
  {
    name: 'an answer that is no Convert',
    argv: [SERVER],
    hears: `0106 2263 ${CONNECT}`,
    answers: '4854 5450 2f31 2e31',
    status: 4,
    says: /\nThe answer is not Convert: it begins 485454502f312e31\n$/,
  },
  {
    name: 'an answer that has one TLV twice',
    argv: [SERVER],
    hears: `0106 2263 ${CONNECT}`,
    answers: '0103 2263 1501 0000 1501 0000',
    status: 4,
    says: /\nThe answer is Convert, but deserves error 1: 010322631501/,
  },
  {
    name: 'a listener that closes in the middle of its answer',
    argv: [SERVER],
    hears: `0106 2263 ${CONNECT}`,
    answers: '0102 22',
    status: 4,
    says: /\nThe concentrator closed in the middle of its answer\n$/,
  },
]

for (const { name, argv, hears, answers, status, says } of rows) {
  test(`it tells ${name}`, async () => {
    await using listener = await listen(hex(answers))
    const ended = await hybridge(['convert', ...argv, '--via', `127.0.0.1:${listener.port}`])
    assert.match(ended.out, says)
    assert.equal(ended.status, status)
    // When it has seen the end of all connections it has read what came before.
    await listener[Symbol.asyncDispose]()
    assert.deepEqual(listener.heard(), Buffer.from(hex(hears)))
  })
}

test('for programs it is one object', async () => {
  await using listener = await listen(hex('0102 2263 1e01 2000'))
  const via = `127.0.0.1:${listener.port}`
  const ended = await hybridge(['convert', SERVER, '--plain', '--json', '--via', via])
  assert.equal(ended.status, 1)
  const { connectMs, answerMs, ...rest } = JSON.parse(ended.out) as Record<string, unknown>
  assert.ok(Number(connectMs) >= 0 && Number(answerMs) >= 0)
  assert.deepEqual(rest, {
    status: 1,
    why: 'No: Error 32 Not Authorized',
    remarks: [],
    via: { endpoint: via },
    server: { endpoint: SERVER },
    asked: { multipath: false, fastOpen: false },
    sent: {
      hex: '010622630a0501bb00000000000000000000ffffc0000219',
      tlvs: [{ type: 'connect', address: '192.0.2.25', port: 443 }],
    },
    multipath: false,
    synDataTaken: null,
    received: {
      hex: '010222631e012000',
      tlvs: [{ type: 'error', code: 32, name: 'Not Authorized', value: '00' }],
    },
    serverBytes: '',
    ending: 'open',
  })
})

test('a port on which nobody listens is no connection', async () => {
  const listener = await listen(hex(''))
  const via = `127.0.0.1:${listener.port}`
  await listener[Symbol.asyncDispose]()
  const { status, out } = await hybridge(['convert', SERVER, '--plain', '--via', via])
  assert.equal(out, `There is no connection to ${via}: ECONNREFUSED\n`)
  assert.equal(status, 3)
})

test('a line that cannot be understood exits 2', async () => {
  const { status, out, err } = await hybridge(['convert', '--via', 'x'])
  assert.equal(err, 'error: Nothing is asked: name a HOST:PORT, or ask with --info\n')
  assert.equal(status, 2)
  assert.equal(out, '')
})

for (const [argv, says] of [
  [[SERVER], /required option '--via <CONCENTRATOR\[:PORT\]>' not specified/],
  [['--info', '--via', 'x', '--send', 'y'], /are for a server: name its HOST:PORT/],
  [['1.2.3.4', '--via', '::1'], /^'1\.2\.3\.4' names no port/],
  [[SERVER, '--via', '::1', '--cookie', 'c00'], /It must be whole bytes in hex/],
  [[SERVER, '--via', '::1', '--cookie', 'ab'.repeat(1_020)], /^Cannot encode Convert message/],
  [[SERVER, '--via', '::1', '--option', '2'], /^Cannot ask for TCP option 2$/],
  [[SERVER, '--via', '::1', '--option', 'x'], /It must be KIND or KIND:HEX/],
  [[SERVER, '--via', '::1', '--send', 'x'.repeat(16_385)], /It must be at most 16384 bytes/],
  [[SERVER, '--via', '::1', '--timeout', '0'], /It must be a number above 0/],
  [[SERVER, '--via', '::1', '--tof'], /unknown option '--tof'/],
] as const) {
  test(`'convert ${argv.join(' ').slice(0, 60)}' is told what is wrong`, async () => {
    const command = convertCommand((status) => assert.fail(`exit ${status}`))
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
    await assert.rejects(command.parseAsync(argv, { from: 'user' }), (error: Error) => {
      assert.match(error.message, says)
      return error instanceof Misuse || error instanceof CommanderError
    })
  })
}

interface Listener extends AsyncDisposable {
  readonly port: number
  heard(): Buffer
}

/** Answers whoever comes with `bytes`, says that nothing follows, and keeps what it heard. */
async function listen(bytes: Uint8Array): Promise<Listener> {
  const heard: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (piece) => heard.push(piece))
    socket.once('data', () => socket.end(bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    heard: () => Buffer.concat(heard),
    [Symbol.asyncDispose]: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}

function hybridge(argv: readonly string[]) {
  const main = join(import.meta.dirname, 'bin', 'hybridge')
  return new Promise<{ status: number; out: string; err: string }>((resolve) => {
    const options = { env: { ...process.env, NO_COLOR: '1' }, timeout: 20_000 }
    const child = execFile(process.execPath, [main, ...argv], options, (_, out, err) =>
      resolve({ status: child.exitCode ?? -1, out, err }),
    )
  })
}
