/**
 * What we say about whoever stands where the concentrator should be, on the loopback.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { test } from 'node:test'
import { type ConvertMessage, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { errorReply } from '../../shared/wire/convert-failure.ts'
import { askInWords } from './inquiry.ts'

const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const HELLO: ConvertMessage = [{ type: 'supportedTcpExtensions', kinds: [30] }]

for (const [who, answer, sentence] of [
  [
    'a concentrator that does not know the cookie',
    errorReply({ code: ConvertError.notAuthorized }),
    /does not accept the cookie of this subscriber; compare subscriber\.cookie on both sides$/,
  ],
  ['a concentrator that does', encodeConvert(HELLO), /knows us by TCP; let UDP port \d+ through/],
  ['a web server', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), /does not speak Convert$/],
  ['somebody without a word', Buffer.alloc(0), /closes the connection without a word$/],
] as const) {
  test(`${who} is told from the others`, async () => {
    await using server = await listen((socket) => socket.end(answer))
    assert.match(await ask(server.port), sentence)
  })
}

test('a port where nobody listens is named', async () => {
  const { port } = await closed()
  assert.match(await ask(port), /^nobody listens on TCP port \d+ of ::1$/)
})

function ask(port: number): Promise<string> {
  const asked = {
    concentrator: { addresses: ['127.0.0.1', '::1'], port },
    subscriber: { id: 'home-1', cookie: COOKIE },
  }
  return askInWords(asked, AbortSignal.timeout(5_000))
}

async function listen(onConnection: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy())
    socket.once('data', () => onConnection(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      await once(server, 'close')
    },
  }
}

async function closed(): Promise<{ readonly port: number }> {
  await using server = await listen(() => undefined)
  return { port: server.port }
}
