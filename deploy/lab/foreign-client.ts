/**
 * A Convert client of another make: plain TCP sockets, and bytes that somebody wrote by hand. It takes
 * nothing from shared/, so that a mistake of ours is not made on both sides.
 *
 * Usage: node deploy/lab/foreign-client.ts < talks.json
 *
 * Reads an array of talks, holds them all, each begun a little after the one before, and prints what was
 * heard as an array in the same order.
 */
import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

export interface Talk {
  readonly host: string
  readonly port: number
  /** Hex, each piece a segment of its own. */
  readonly pieces: readonly string[]
  readonly pieceMs: number
  /** Say that nothing follows once all pieces are said. */
  readonly ends: boolean
  /** Say the last piece only when so many bytes were heard. */
  readonly lastAfterBytes?: number
}

export interface Heard {
  readonly localPort: number
  readonly hex: string
  /** How the other side ended it: FIN, RST, or not at all until we left. */
  readonly ending: 'fin' | 'reset' | 'none'
  /** From the connection to its end. */
  readonly ms: number
}

async function hold({
  host,
  port,
  pieces,
  pieceMs,
  ends,
  lastAfterBytes = 0,
}: Talk): Promise<Heard> {
  const socket = connect({ host, port, noDelay: true, allowHalfOpen: true })
  const heard: Buffer[] = []
  let heardBytes = 0
  let heardEnough = () => {}
  const enough = new Promise<void>((resolve) => {
    heardEnough = resolve
  })
  socket.on('data', (piece) => {
    heard.push(piece)
    heardBytes += piece.length
    if (heardBytes >= lastAfterBytes) heardEnough()
  })
  const ended = new Promise<Heard['ending']>((resolve) => {
    const patience = setTimeout(() => resolve('none'), PATIENCE_MS)
    const because = (ending: Heard['ending']) => () => {
      clearTimeout(patience)
      resolve(ending)
    }
    socket.once('end', because('fin')).once('error', because('reset'))
  })
  await once(socket, 'connect')
  const { localPort = 0 } = socket
  const beganMs = performance.now()
  const talking = (async () => {
    for (const [i, piece] of pieces.entries()) {
      if (i > 0) await pause(pieceMs)
      if (i === pieces.length - 1 && lastAfterBytes > 0) await enough
      if (!socket.writable) return
      socket.write(Buffer.from(piece, 'hex'))
    }
    if (ends) socket.end()
  })()
  const ending = await ended
  const ms = performance.now() - beganMs
  if (ending === 'none') socket.destroy()
  else socket.end()
  heardEnough()
  await talking
  return { localPort, hex: Buffer.concat(heard).toString('hex'), ending, ms }
}

/** Many homes, not one that is in a hurry: limits are proven elsewhere. */
const APART_MS = 30
/** Above every wait of a concentrator. */
const PATIENCE_MS = 9_000

let input = ''
for await (const piece of process.stdin.setEncoding('utf8')) input += String(piece)
const talks = JSON.parse(input) as readonly Talk[]
const answers: Promise<Heard>[] = []
for (const talk of talks) {
  answers.push(hold(talk))
  await pause(APART_MS)
}
console.log(JSON.stringify(await Promise.all(answers)))
