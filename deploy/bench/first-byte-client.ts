/**
 * A LAN host that asks for one byte again and again and prints how long each took, in milliseconds:
 * `node first-byte-client.ts URL CONNECTIONS PAUSE_MS`.
 */
import { connect } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

const [target = '', connections, pauseMs] = process.argv.slice(2)
const url = new URL(target)
const took: number[] = []
for (let i = 0; i < Number(connections); i++) {
  took.push(await once())
  await sleep(Number(pauseMs))
}
process.stdout.write(JSON.stringify(took))

/** From the call of connect to the first byte of the answer, on a bare socket. */
function once(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const startMs = performance.now()
  const socket = connect(Number(url.port || 80), url.hostname, () => {
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`)
  })
  socket.setNoDelay(true)
  socket.once('data', () => {
    resolve(performance.now() - startMs)
    socket.destroy()
  })
  socket.once('error', reject)
  socket.once('close', () => reject(new Error('closed without a byte')))
  return promise
}
