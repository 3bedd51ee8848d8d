/**
 * A LAN host that asks for something small again and again, without waiting for what it asked before:
 * `node interactive-client.ts URL SECONDS PAUSE_MS PATIENCE_MS`. Prints when each request began, in
 * milliseconds since 1970, and how long it took; null for one that had no answer in time.
 */
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

const [target = '', seconds, pauseMs, patienceMs] = process.argv.slice(2)
const url = new URL(target)
const host = url.hostname.replace(/^\[|\]$/g, '')
const asked: Array<Promise<readonly [number, number | null]>> = []
for (const untilMs = Date.now() + Number(seconds) * 1_000; Date.now() < untilMs; ) {
  asked.push(once())
  await sleep(Number(pauseMs))
}
process.stdout.write(JSON.stringify(await Promise.all(asked)))

/** From the call of connect to the first byte of the answer. */
function once(): Promise<readonly [number, number | null]> {
  const { promise, resolve } = Promise.withResolvers<readonly [number, number | null]>()
  const beganMs = Date.now()
  const socket = connect(Number(url.port || 80), host, () => {
    socket.write(`GET ${url.pathname} HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`)
  })
  const end = (tookMs: number | null) => {
    clearTimeout(timer)
    resolve([beganMs, tookMs])
    socket.destroy()
  }
  const timer = setTimeout(end, Number(patienceMs), null)
  socket.setNoDelay(true)
  socket.once('data', () => end(Date.now() - beganMs))
  socket.once('error', () => end(null))
  socket.once('close', () => end(null))
  return promise
}
