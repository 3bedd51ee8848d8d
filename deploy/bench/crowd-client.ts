/**
 * A LAN with many open connections: `node crowd-client.ts HOST PORT CONNECTIONS BEAT_MS`.
 *
 * Opens them to an echo server and says `{"opened":N}`. With BEAT_MS above 0 each sends a byte that
 * often and waits for its echo. On a line on stdin, every connection must echo once more within
 * LAST_MS: `{"lived":N}`, and the end.
 */
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [host = '', port, connections, beatMs] = process.argv.slice(2)
const sockets: Socket[] = []
/** Bytes that each connection has sent, and had echoed. */
const sent: number[] = []
const echoed: number[] = []

for (let i = 0; i < Number(connections); i++) {
  sockets.push(await open(i))
  // As fast as a house opens them, and no faster than any backlog.
  if (i % 20 === 19) await sleep(10)
}
tell({ opened: sockets.length })
if (Number(beatMs) > 0) setInterval(() => beat(), Number(beatMs))

process.stdin.once('data', () => void finish())

async function finish(): Promise<void> {
  for (const i of sockets.keys()) say(i)
  const untilMs = Date.now() + LAST_MS
  const alive = () => sockets.filter((socket, i) => !socket.destroyed && echoed[i] === sent[i])
  while (alive().length < sockets.length && Date.now() < untilMs) await sleep(50)
  tell({ lived: alive().length })
  process.exit(0)
}

function open(i: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), host, () => resolve(socket))
    sent[i] = 0
    echoed[i] = 0
    socket.on('data', (bytes) => {
      echoed[i] = (echoed[i] ?? 0) + bytes.length
    })
    socket.on('error', reject)
  })
}

function beat(): void {
  for (const i of sockets.keys()) if (echoed[i] === sent[i]) say(i)
}

function say(i: number): void {
  sockets[i]?.write('.')
  sent[i] = (sent[i] ?? 0) + 1
}

function tell(what: object): void {
  process.stdout.write(`${JSON.stringify(what)}\n`)
}

const LAST_MS = 10_000
