/**
 * The servers of the internet, one process. HTTP on all addresses:
 *
 *   GET  /bytes/N     N bytes of the content (content.ts)
 *   GET  /sha256/N    their SHA-256, in hex
 *   POST /upload      takes any body, answers {"bytes": N, "sha256": "..."}
 *   GET  /delay/MS    answers after so many milliseconds
 *   GET  /whoami      answers {"address": "...", "port": N}: who is asking, as seen from here
 *
 * and an echo service on TCP and UDP. Every HTTP connection carries one request, as a new LAN
 * connection each is what the gateway must be good at.
 *
 * Usage: node deploy/lab/internet.ts HTTP-PORT ECHO-PORT ADDRESS... (the addresses of UDP echo)
 */
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, isIPv6 } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { Content } from './content.ts'

async function serve(httpPort: number, echoPort: number, addresses: readonly string[]) {
  const content = new Content()
  const http = createServer((request, response) => {
    // Only a client that leaves in the middle fails here: let its connection go.
    answer(content, request, response).catch(() => response.destroy())
  })
  forbidTimeouts(http)
  const echo = createTcpServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.pipe(socket)
  })
  http.listen({ port: httpPort, host: '::', backlog: BACKLOG })
  echo.listen({ port: echoPort, host: '::', backlog: BACKLOG })
  await Promise.all([once(http, 'listening'), once(echo, 'listening')])
  // One socket an address: from a wildcard socket the answer could leave with another source.
  await Promise.all(addresses.map((address) => echoDatagrams(address, echoPort)))
}

async function answer(content: Content, request: IncomingMessage, response: ServerResponse) {
  response.shouldKeepAlive = false
  const [, verb = '', argument = ''] = new URL(request.url ?? '/', 'http://street').pathname.split(
    '/',
  )
  const amount = Number(argument)
  switch (verb) {
    case 'bytes':
      if (!isAmount(argument, BYTES_MAX)) return refuse(response, `N is 0 to ${BYTES_MAX}`)
      return give(content, amount, request, response)
    case 'sha256':
      if (!isAmount(argument, HASHED_BYTES_MAX)) {
        return refuse(response, `N is 0 to ${HASHED_BYTES_MAX}`)
      }
      response.end(`${await content.sha256(amount)}\n`)
      return
    case 'upload':
      return take(request, response)
    case 'delay':
      if (!isAmount(argument, DELAY_MS_MAX)) return refuse(response, `MS is 0 to ${DELAY_MS_MAX}`)
      await pause(amount)
      response.end(`${amount} ms\n`)
      return
    case 'whoami': {
      const { remoteAddress = '', remotePort } = request.socket
      const address = remoteAddress.replace(/^::ffff:/, '')
      sendJson(response, { address, port: remotePort })
      return
    }
    default:
      response.writeHead(404).end('Ask for /bytes/N /sha256/N /upload /delay/MS /whoami\n')
  }
}

/** Send the first `bytes` of the content, no faster than they are taken. */
async function give(
  content: Content,
  bytes: number,
  request: IncomingMessage,
  response: ServerResponse,
) {
  response.writeHead(200, { 'content-length': bytes, 'content-type': 'application/octet-stream' })
  if (request.method === 'HEAD') {
    response.end()
    return
  }
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  for (let at = 0; at < bytes && !gone.signal.aborted; ) {
    const piece = content.slice(at, Math.min(WRITE_BYTES, bytes - at))
    at += piece.length
    if (response.write(piece)) continue
    // A reader that left ends the wait with an abort, which is no failure of ours.
    await once(response, 'drain', { signal: gone.signal }).catch(() => undefined)
  }
  response.end()
}

async function take(request: IncomingMessage, response: ServerResponse) {
  const hash = createHash('sha256')
  let bytes = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    hash.update(piece)
    bytes += piece.length
  }
  sendJson(response, { bytes, sha256: hash.digest('hex') })
}

async function echoDatagrams(address: string, port: number) {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  // What the kernel cannot deliver is lost, as datagrams are.
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address, () => 0))
  socket.bind(port, address)
  await once(socket, 'listening')
}

function sendJson(response: ServerResponse, value: unknown) {
  response.setHeader('content-type', 'application/json')
  response.end(`${JSON.stringify(value)}\n`)
}

function refuse(response: ServerResponse, why: string) {
  response.writeHead(400).end(`${why}\n`)
}

function isAmount(text: string, max: number): boolean {
  return /^\d+$/.test(text) && Number(text) <= max
}

/** Slow readers and writers are what the street is for. */
function forbidTimeouts(server: Server) {
  server.requestTimeout = 0
  server.headersTimeout = 0
  server.timeout = 0
}

const WRITE_BYTES = 1_048_576
const BYTES_MAX = 2 ** 40
const HASHED_BYTES_MAX = 2 ** 34
const DELAY_MS_MAX = 3_600_000
const BACKLOG = 4_096

const [httpPort, echoPort, ...addresses] = process.argv.slice(2)
await serve(Number(httpPort), Number(echoPort), addresses)
console.log('ready')
