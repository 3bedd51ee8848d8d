/**
 * What a daemon knows of itself, for who asks on the machine itself: whoever connects to the socket is told all of it as
 * one JSON object, and the connection ends. Only root may; nothing that is said there changes anything.
 */
import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { sentenceOf } from './log.ts'

/** Serves until disposed of. Where it cannot, `complain` is told why, and the daemon goes on without it. */
export async function serveFacts(
  file: string,
  facts: () => object,
  complain: (why: string) => void,
): Promise<AsyncDisposable> {
  const server = createServer((socket) => {
    // Who asks may leave before he has heard.
    socket.on('error', () => socket.destroy()).setTimeout(ASKING_MS_MAX, () => socket.destroy())
    try {
      socket.end(JSON.stringify(facts(), sayable))
    } catch (error) {
      complain(sentenceOf(error))
      socket.destroy()
    }
  })
  server.maxConnections = ASKING_MAX
  try {
    mkdirSync(dirname(file), { recursive: true })
    // One that a crash has left.
    rmSync(file, { force: true })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(file, resolve)
    })
    chmodSync(file, 0o600)
  } catch (error) {
    complain(sentenceOf(error))
    return new AsyncDisposableStack()
  }
  server.on('error', (error) => complain(sentenceOf(error)))
  return {
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

/** What the daemon behind `file` says of itself. Rejects where none answers: it may be the one that hangs. */
export async function readFacts(file: string): Promise<unknown> {
  const socket = connect(file)
  socket.setTimeout(ASKING_MS_MAX, () => socket.destroy(new Error('no answer')))
  return JSON.parse(await text(socket))
}

/** What JSON has no word for. */
function sayable(_key: string, value: unknown): unknown {
  if (value instanceof Map) return Object.fromEntries(value as Map<string, unknown>)
  return typeof value === 'bigint' ? Number(value) : value
}

const ASKING_MAX = 8
const ASKING_MS_MAX = 5_000
