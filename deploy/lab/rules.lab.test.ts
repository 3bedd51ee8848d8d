/**
 * Rules of classes on a real router: by LAN device, by DSCP, by a name that dnsmasq tells; and a class that
 * changes while its connection runs.
 */
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { percentileOf } from '../bench/percentile.ts'
import { INTERNET } from './addresses.ts'
import { configPath } from './daemons.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'
import { pidOf, untilSaid } from './onlooker.ts'
import { restartResolver } from './services.ts'

const { ipv4, ipv6 } = INTERNET.own

test('traffic is put into classes, and out of them while it runs', {
  skip: streetImpossible(),
}, async (t) => {
  const rules = [
    { class: 'lte-only', dscp: ['cs1'] },
    { class: 'lte-only', domains: ['films.hyb.example'] },
  ]
  await using street = await raiseStreet({ name: 'hyb-rules', cpe: { classes: { rules } } })
  const { stdout } = await street.exec('home', ['cat', '/sys/class/net/lan/address'])
  const phone = stdout.trim()
  await restartResolver(street.name)

  await t.test('what no rule fits goes by DSL', async () => {
    for (const host of [ipv4, `[${ipv6}]`]) wentBy('dsl', await fetched(street, host))
  })

  await t.test('a connection is in the class of its code point', async () => {
    await mustExec(street, ['nft', 'add', 'table', 'inet', 'hyb_marks'])
    await mustExec(street, ['nft', CODE_POINTS])
    for (const host of [ipv4, `[${ipv6}]`]) wentBy('lte', await fetched(street, host))
    await mustExec(street, ['nft', 'delete', 'table', 'inet', 'hyb_marks'])
  })

  await t.test('a name is in its class as soon as it was resolved, and so it stays', async () => {
    wentBy('dsl', await fetched(street, ipv4))
    wentBy('lte', await fetched(street, 'a.films.hyb.example'))
    // Another class under the same name needs nothing of the resolver, and a restart forgets nothing.
    await reclass(street, { rules: [rules[1]], appliesTo: 'new' })
    wentBy('lte', await fetched(street, ipv4))
    await street.restart('cpe')
    wentBy('lte', await fetched(street, ipv4))
    await reclass(street, { rules: [] })
    wentBy('dsl', await fetched(street, ipv4))
  })

  await t.test('a LAN device changes its class while it downloads', async () => {
    const url = `http://${ipv4}/bytes/${DOWNLOAD_BYTES}`
    const download = street.exec('home', ['curl', '-sSfm30', '-o', '/dev/null', url])
    await pause(1_000)
    const moved = (serviceClass: string) =>
      reclass(street, { rules: [{ class: serviceClass, from: [phone] }], appliesTo: 'all' })
    await moved('lte-only')
    wentBy('lte', await shares(street))
    await moved('dsl-only')
    wentBy('dsl', await shares(street))
    await moved('overflow')
    const { status, stderr } = await download
    assert.equal(status, 0, stderr)
  })

  await t.test('a device that becomes bypass is reset where that was asked for', async () => {
    const url = `http://${ipv4}/bytes/${DOWNLOAD_BYTES}`
    const download = street.exec('home', ['curl', '-sSm30', '-o', '/dev/null', url])
    await pause(500)
    await reclass(street, { rules: [{ class: 'bypass', from: [phone] }], appliesTo: 'reset' })
    const { stderr } = await download
    assert.match(stderr, /reset by peer/)
  })

  await t.test('what is interactive leaves a DSL that becomes slow', async () => {
    await reclass(street, { default: 'interactive', rules: [], appliesTo: 'all' })
    await firstByteMs(street)
    await street.line('dsl', { rttMs: SLOW_RTT_MS })
    const ms = []
    for (let i = 0; i < 7; i++) ms.push(await firstByteMs(street))
    await street.line('dsl', { rttMs: 20 })
    // A warm uplink on DSL needs one of its round trips, and a server as far away as DSL none that is shorter.
    assert.ok(percentileOf(ms, 50) < SLOW_RTT_MS, `${ms.join(', ')} ms`)
  })

  await t.test('a bad rule is told in a sentence, and the rules of before stay', async () => {
    await reclass(street, { rules: [{ class: 'lte-only', from: [phone] }], appliesTo: 'new' })
    write(street, { rules: [{ class: 'dsl-only', from: ['phone'] }] })
    const said = /classes\.rules\[0\]\.from\[0\] must be a LAN device.*policy not changed/
    await hangup(street, said)
    wentBy('lte', await fetched(street, ipv4))
  })
})

/** Change the file as an operator does, and wait until the agent has read it. */
async function reclass(street: Street, classes: object): Promise<void> {
  write(street, classes)
  await hangup(street, /policy read again/)
  await pause(PLANNED_MS)
}

function write(street: Street, classes: object): void {
  const path = configPath(street.name, 'cpe')
  const config = parse(readFileSync(path, 'utf8')) as Record<string, unknown>
  writeFileSync(path, stringify({ ...config, classes }))
}

async function hangup(street: Street, said: RegExp): Promise<void> {
  const pid = await pidOf(street, 'cpe')
  await untilSaid(street, 'cpe', said, () => process.kill(pid, 'SIGHUP'), SAID_MS_MAX)
}

type Bytes = Readonly<Record<'dsl' | 'lte', number>>

/** What each line brought with a whole page. */
async function fetched(street: Street, host: string): Promise<Bytes> {
  const before = await downBytes(street)
  const url = `http://${host}/bytes/${PAGE_BYTES}`
  const { status, stderr } = await street.exec('home', ['curl', '-sSfm10', '-o', '/dev/null', url])
  assert.equal(status, 0, stderr)
  return less(await downBytes(street), before)
}

/** Of a small request. */
async function firstByteMs(street: Street): Promise<number> {
  const argv = ['curl', '-sSfm10', '-o', '/dev/null', '-w', '%{time_starttransfer}']
  const { status, stdout, stderr } = await street.exec('home', [...argv, `http://${ipv4}/bytes/9`])
  assert.equal(status, 0, stderr)
  return Number(stdout) * 1_000
}

/** What each line brings now, while something runs. */
async function shares(street: Street): Promise<Bytes> {
  await pause(MOVED_MS)
  const before = await downBytes(street)
  await pause(WATCHED_MS)
  return less(await downBytes(street), before)
}

async function downBytes(street: Street): Promise<Bytes> {
  const { dsl, lte } = (await street.status()).legs
  return { dsl: dsl.downBytes, lte: lte.downBytes }
}

function less(one: Bytes, other: Bytes): Bytes {
  return { dsl: one.dsl - other.dsl, lte: one.lte - other.lte }
}

function wentBy(leg: keyof Bytes, bytes: Bytes): void {
  const all = bytes.dsl + bytes.lte
  assert.ok(all > 100_000 && bytes[leg] >= 0.9 * all, `${leg}: ${JSON.stringify(bytes)}`)
}

async function mustExec(street: Street, argv: readonly string[]): Promise<void> {
  const { status, stderr } = await street.exec('home', argv)
  assert.equal(status, 0, stderr)
}

const CODE_POINTS = `add chain inet hyb_marks out { type filter hook output priority mangle; }
add rule inet hyb_marks out meta nfproto ipv4 ip dscp set cs1
add rule inet hyb_marks out meta nfproto ipv6 ip6 dscp set cs1`

const SLOW_RTT_MS = 600
const PAGE_BYTES = 400_000
/** So much that the server still speaks when the class changes last: then the kernel refuses joins. */
const DOWNLOAD_BYTES = 50_000_000
const SAID_MS_MAX = 3_000
/** Until the data threads have heard, and a new connection is classed by the new rules. */
const PLANNED_MS = 100
/** Until steering has swept, a line is joined and proven, and the other has run dry. */
const MOVED_MS = 1_200
const WATCHED_MS = 1_000
