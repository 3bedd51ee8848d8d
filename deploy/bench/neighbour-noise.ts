/**
 * A home at every limit: `node neighbour-noise.ts CONCENTRATOR PORT COOKIE SERVER`, until stdin ends; then one
 * line says what it did and heard.
 *
 *    2,000 requests a second, over and over to 10,000 destinations that refuse or do not exist
 *    600 connections that say one byte a second, opened again as soon as they are closed
 */
import { connect } from 'node:net'
import { knownAddress } from '../../shared/wire/address.ts'
import { decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'

const REQUESTS_PER_S = 2_000
const OUTSTANDING_MAX = 8_000
const DESTINATIONS = 10_000
const SLOW_CONNECTIONS = 600
const AGAIN_MS = 100

const [host = '', port, cookieHex = '', server = ''] = process.argv.slice(2)
const cookie = Buffer.from(cookieHex, 'hex')
const heard: Record<string, number> = {}
let asked = 0
let outstanding = 0

const began = performance.now()
setInterval(() => {
  const due = ((performance.now() - began) / 1_000) * REQUESTS_PER_S
  while (asked < due && outstanding < OUTSTANDING_MAX) ask(asked++)
}, 5)
for (let i = 0; i < SLOW_CONNECTIONS; i++) speakSlowly()
process.stdin.resume().on('end', () => {
  process.stdout.write(`${JSON.stringify({ asked, ...heard })}\n`)
  process.exit(0)
})

function ask(number: number): void {
  outstanding++
  const destination = number % DESTINATIONS
  // Every second one has no such port, the others are no host.
  const address = knownAddress(server)
  if (destination % 2 === 0) address[15] = 20 + ((destination / 2) % 100)
  const request = encodeConvert([
    { type: 'connect', address, port: 10_000 + destination },
    { type: 'cookie', cookie },
  ])
  const socket = connect(Number(port), host, () => socket.write(request))
  socket.on('data', (bytes) => {
    const answer = decodeConvert(bytes)
    const error = answer.kind === 'message' && answer.message.find((tlv) => tlv.type === 'error')
    count(error ? `error ${error.code}` : 'something else')
    socket.destroy()
  })
  socket.on('error', () => count('reset'))
  socket.on('close', () => outstanding--)
}

function speakSlowly(): void {
  const socket = connect(Number(port), host)
  let sent = 0
  const word = encodeConvert([{ type: 'info' }, { type: 'cookie', cookie }])
  const speaking = setInterval(() => socket.write(word.subarray(sent, ++sent)), 1_000)
  socket.on('error', () => count('slow one reset'))
  socket.on('data', () => undefined)
  socket.on('close', () => {
    count('slow one closed')
    clearInterval(speaking)
    setTimeout(speakSlowly, AGAIN_MS)
  })
}

function count(what: string): void {
  heard[what] = (heard[what] ?? 0) + 1
}
