/**
 * An operator's systems at the API, in the concentrator's place: `node control-client.ts HOMES CHANGES SECONDS`.
 * Imports so many homes, then changes so many policies a second while another reads homes one by one; says
 * one line of JSON.
 */

import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

const [homes = 0, changesPerS = 0, seconds = 0] = process.argv.slice(2).map(Number)
const token = readFileSync(process.env['HYBRIDGE_TOKEN_FILE'] ?? '', 'utf8').trim()
const agent = new Agent({ keepAlive: true, maxSockets: 64 })

const lines = Array.from({ length: homes }, (_, i) => {
  const prefixes = { dsl: [`10.${(i >> 14) & 63}.${(i >> 6) & 255}.${(i & 63) * 4}/30`], lte: [] }
  return JSON.stringify({ id: nameOf(i), plan: 'bench', prefixes })
})
await ask('POST', '/v1/plans', '{"id":"bench","policy":{}}')
const importMs = await timed(() =>
  ask('POST', '/v1/import', lines.join('\n'), 'application/x-ndjson'),
)

const readsMs: number[] = []
const changesMs: number[] = []
const untilMs = performance.now() + seconds * 1_000
await Promise.all([change(), read()])
console.log(JSON.stringify({ importMs, changesMs, readsMs }))
agent.destroy()

/** As many as are due, whether or not earlier ones have been answered. */
async function change(): Promise<void> {
  const startMs = performance.now()
  const asked: Promise<unknown>[] = []
  while (performance.now() < untilMs) {
    const due = ((performance.now() - startMs) / 1_000) * changesPerS
    while (asked.length < due) {
      const trialS = 1 + (asked.length % 3_600)
      const body = JSON.stringify({ policy: { overflow: { trialS } } })
      const url = `/v1/subscribers/${nameOf((asked.length * 7_919) % homes)}`
      asked.push(
        timed(() => ask('PATCH', url, body)).then((ms) => {
          changesMs.push(ms)
        }),
      )
    }
    await pause(2)
  }
  await Promise.all(asked)
}

async function read(): Promise<void> {
  for (let i = 0; performance.now() < untilMs; i++) {
    readsMs.push(await timed(() => ask('GET', `/v1/subscribers/${nameOf((i * 104_729) % homes)}`)))
    await pause(5)
  }
}

async function timed(action: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await action()
  return performance.now() - startMs
}

function ask(method: string, path: string, body = '', type = 'application/json'): Promise<void> {
  const headers = {
    authorization: `Bearer ${token}`,
    'if-match': '*',
    ...(body !== '' && { 'content-type': type }),
  }
  return new Promise((resolve, reject) => {
    const asked = request({ agent, host: '127.0.0.1', port: 8_804, method, path, headers })
    asked.once('error', reject)
    asked.once('response', (answer) => {
      answer.resume()
      answer.once('end', () => {
        const status = answer.statusCode ?? 0
        if (status < 300) resolve()
        else reject(new Error(`${method} ${path} answered ${status}`))
      })
    })
    asked.end(body)
  })
}

function nameOf(i: number): string {
  return `bench-${String(i).padStart(6, '0')}`
}
