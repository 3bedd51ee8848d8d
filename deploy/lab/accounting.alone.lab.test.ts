/**
 * What the concentrator counts for a home beside what the home's own interfaces have counted, while LTE comes and goes,
 * and after a kill -9.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { patchConfig, tokenPath } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { pidOf, untilWay } from './onlooker.ts'
import { download, upload } from './transfer.ts'

const skip = streetImpossible()
const INTERVAL_S = 1
let street: Street

before(async () => {
  if (skip !== false) return
  street = await raiseStreet({
    name: 'hyb-accounting',
    concentrator: { accounting: { enabled: true, intervalS: INTERVAL_S } },
  })
  // What a line drops was sent by one end and never seen by the other.
  for (const leg of ['dsl', 'lte'] as const) await street.line(leg, { queueMs: 2_000 })
  await pause(SETTLE_MS)
})
after(async () => {
  if (skip === false) await street.down()
})

test('both ends count the same, within half a percent, while LTE joins and leaves', {
  skip,
}, async () => {
  const before = { home: await atHome(), street: await atStreet() }
  for (const serviceClass of ['aggregate', 'dsl-only', 'lte-only', 'aggregate']) {
    await setClass(serviceClass)
    await Promise.all([download(street, '/bytes/3000000'), upload(street, 1_000_000)])
  }
  await pause(SETTLE_MS)
  const home = difference(before.home, await atHome())
  const counted = difference(before.street, await atStreet())
  const story = `home ${JSON.stringify(home)}, concentrator ${JSON.stringify(counted)}`
  for (const key of KEYS) {
    assert.ok(home[key] > 500_000, story)
    // Names and probes of the home are not the concentrator's to count: some kilobytes.
    assert.ok(Math.abs(counted[key] - home[key]) <= 0.005 * home[key] + OTHER_BYTES, story)
  }
  const sum = (octets: Octets) => KEYS.reduce((so, key) => so + octets[key], 0)
  assert.ok(Math.abs(sum(counted) / sum(home) - 1) <= 0.005, story)
})

test('a kill -9 loses less than an interval, and nothing is counted twice', { skip }, async () => {
  const before = { home: await atHome(), street: await atStreet() }
  await setClass('dsl-only')
  const cut = download(street, '/bytes/60000000').catch(() => undefined)
  // Until the sender has found the line's rate: what it sends beyond that stands in the line's queue.
  await pause(4_500)
  await street.restart('concentrator', 'SIGKILL')
  await cut
  // What goes past the concentrator is not its to count.
  await untilWay(street, 'bonded', 8_000)
  await download(street, '/bytes/3000000')
  await pause(SETTLE_MS)
  const home = difference(before.home, await atHome()).dslDown
  const counted = difference(before.street, await atStreet()).dslDown
  const story = `home ${home}, concentrator ${counted}`
  assert.ok(counted <= home * 1.005 + OTHER_BYTES, story)
  // The line carries 6.25 MB a second, and the machine may be late. What stood in the dead process's socket the kernel
  // goes on sending: a second's worth, which nobody counts.
  assert.ok(home - counted <= (INTERVAL_S + 0.7 + SOCKET_S) * 6_250_000, story)
})

const KEYS = ['dslUp', 'dslDown', 'lteUp', 'lteDown'] as const
type Octets = Record<(typeof KEYS)[number], number>

async function atHome(): Promise<Octets> {
  const files = ['dsl', 'lte'].flatMap((leg) =>
    ['tx', 'rx'].map((way) => `/sys/class/net/${leg}/statistics/${way}_bytes`),
  )
  const { stdout } = await street.exec('cpe', ['cat', ...files])
  const numbers = stdout.trim().split('\n').map(Number)
  return Object.fromEntries(KEYS.map((key, i) => [key, numbers[i] ?? 0])) as Octets
}

/** As an operator sees it. */
async function atStreet(): Promise<Octets> {
  const token = readFileSync(tokenPath(street.name), 'utf8').trim()
  const url = 'http://127.0.0.1:8804/v1/subscribers/home-1/usage'
  const argv = ['curl', '-s', '-H', `authorization: Bearer ${token}`, url]
  const { stdout } = await street.exec('concentrator', argv)
  return (JSON.parse(stdout) as { readonly total: Octets }).total
}

function difference(from: Octets, to: Octets): Octets {
  return Object.fromEntries(KEYS.map((key) => [key, to[key] - from[key]])) as Octets
}

async function setClass(serviceClass: string): Promise<void> {
  patchConfig(street.name, 'cpe', { classes: { default: serviceClass } })
  process.kill(await pidOf(street, 'cpe'), 'SIGHUP')
  await pause(200)
}

/** Two intervals and what the machine may be late. */
const SETTLE_MS = 2 * INTERVAL_S * 1_000 + 500
const OTHER_BYTES = 20_000
const SOCKET_S = 1.3
