/**
 * Evenings for the street, each with one true cause: what is done to it, and who wants what meanwhile.
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import type { Cause } from '../../shared/core/verdict.ts'
import type { ConfigPatch } from '../lab/daemons.ts'
import type { Street } from '../lab/lab.ts'
import { pidOf, untilSaid } from '../lab/onlooker.ts'
import { iperf } from './iperf.ts'

export interface Scene {
  readonly name: string
  readonly cause: Cause
  readonly pair?: string
  /** Of load, where it is not the usual: on LTE alone a home reports once a minute, and judges 22 s later at most. */
  readonly seconds?: number
  readonly cpe?: ConfigPatch
  readonly concentrator?: ConfigPatch
  /** Before anybody wants anything; a function that it answers undoes what taking the street down does not. */
  readonly prepare?: (street: Street) => Promise<unknown>
  /** Takes about `seconds`. */
  readonly load: (street: Street, seconds: number) => Promise<unknown>
}

const down = (street: Street, seconds: number) =>
  iperf(street, { direction: 'down', seconds, omitS: 1 })
const up = (street: Street, seconds: number) =>
  iperf(street, { direction: 'up', seconds, omitS: 1 })
const downAt = (mbps: number) => (street: Street, seconds: number) =>
  iperf(street, { direction: 'down', seconds, omitS: 1, mbps })
const ADSL = 'adsl16-lte30'
const VDSL = 'vdsl50-lte30'
const CUBIC: ConfigPatch = { congestionControl: 'cubic' }
/** A megabyte: gone with the first second in which LTE helps. */
const POOR = { monthlyGigabytes: 0.001 }

export const SCENES: readonly Scene[] = [
  { name: 'pages', cause: 'demand', load: pages },
  { name: 'nobody at home', cause: 'demand', load: (_, seconds) => rest(seconds) },
  { name: 'slow reader', cause: 'demand', load: slowReader(400_000) },
  { name: 'slow reader on ADSL', cause: 'demand', pair: ADSL, load: slowReader(600_000) },
  { name: 'both full', cause: 'dsl-sync', pair: ADSL, prepare: warm, load: down },
  { name: 'both full on VDSL', cause: 'dsl-sync', prepare: warm, load: down },
  { name: 'both full upwards', cause: 'dsl-sync', prepare: (s) => warmUp(s), load: up },
  { name: 'no LTE', cause: 'dsl-sync', prepare: (s) => s.fail('lte'), load: down },
  { name: 'DSL pulled', cause: 'dsl-sync', seconds: 38, prepare: (s) => s.fail('dsl'), load: down },
  {
    name: 'DSL silent',
    cause: 'dsl-sync',
    pair: ADSL,
    seconds: 38,
    // Who connects before that is noticed may be connected twice, and iperf3's server takes the first alone.
    prepare: (s) => untilSaid(s, 'cpe', /"msg":"leg down"/, () => s.fail('dsl', 'silent'), 5_000),
    load: down,
  },
  { name: 'cap down', cause: 'lte-cap', pair: ADSL, ...capped(8), load: down },
  { name: 'cap down on VDSL', cause: 'lte-cap', pair: VDSL, ...capped(12), load: down },
  { name: 'cap up', cause: 'lte-cap', cpe: { legs: { lte: { capUpMbps: 3 } } }, load: up },
  {
    name: 'month spent',
    cause: 'lte-budget',
    pair: ADSL,
    cpe: { budget: POOR },
    prepare: warm,
    load: down,
  },
  {
    name: 'month spent, off',
    cause: 'lte-budget',
    cpe: { budget: { ...POOR, atCap: 'off' } },
    prepare: warm,
    load: down,
  },
  {
    name: 'month spent, throttled',
    cause: 'lte-budget',
    cpe: { budget: { ...POOR, atCap: 'throttle' } },
    prepare: warmUp,
    load: up,
  },
  { name: 'crowd', cause: 'cell', pair: ADSL, prepare: crowd(8), load: down },
  { name: 'crowd on VDSL', cause: 'cell', prepare: crowd(5), load: down },
  { name: 'lossy LTE', cause: 'lossy-leg', pair: ADSL, prepare: lossy('lte', 8), load: down },
  {
    name: 'lossy DSL, cubic',
    cause: 'lossy-leg',
    cpe: CUBIC,
    concentrator: CUBIC,
    prepare: lossy('dsl', 2),
    load: down,
  },
  {
    name: 'lossy LTE, cubic',
    cause: 'lossy-leg',
    pair: ADSL,
    cpe: CUBIC,
    concentrator: CUBIC,
    prepare: lossy('lte', 2),
    load: down,
  },
  { name: 'small window', cause: 'window', prepare: smallWindow('cpe'), load: down },
  {
    name: 'small window upwards',
    cause: 'window',
    pair: 'twins50',
    prepare: smallWindow('concentrator'),
    load: up,
  },
  { name: 'MPTCP stripped', cause: 'stripped', pair: ADSL, prepare: strip('syn'), load: down },
  { name: 'MPTCP stripped on VDSL', cause: 'stripped', prepare: strip('syn'), load: down },
  {
    name: 'router crowded',
    pair: 'twins150',
    cause: 'cpe-processor',
    prepare: crowded('cpe', 40),
    load: down,
  },
  {
    name: 'router crowded upwards',
    cause: 'cpe-processor',
    pair: 'twins150',
    prepare: crowded('cpe', 40),
    load: up,
  },
  {
    name: 'concentrator slow',
    pair: 'twins150',
    cause: 'concentrator',
    prepare: crowded('concentrator', 80),
    load: down,
  },
  { name: 'concentrator gone', cause: 'concentrator', seconds: 38, prepare: gone, load: down },
  { name: 'slow server', cause: 'far-server', load: downAt(12) },
  { name: 'slow server on ADSL', cause: 'far-server', pair: ADSL, load: downAt(6) },
  { name: 'slow taker', cause: 'far-server', load: slowTaker },
]

function rest(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}

/** Both lines show what they can. */
async function warm(street: Street): Promise<void> {
  await iperf(street, { direction: 'down', seconds: 6, omitS: 1 })
}

async function warmUp(street: Street): Promise<void> {
  await iperf(street, { direction: 'up', seconds: 6, omitS: 1 })
}

function crowd(mbps: number) {
  return async (street: Street): Promise<void> => {
    await warm(street)
    await street.line('lte', { downMbps: mbps, queueMs: 300 })
  }
}

function lossy(leg: 'dsl' | 'lte', lossPercent: number) {
  return async (street: Street): Promise<void> => {
    await warm(street)
    await street.line(leg, { lossPercent })
  }
}

/** Whoever tuned the machine for memory lets nobody have more than 128 KiB in flight. */
function smallWindow(netns: 'cpe' | 'concentrator') {
  return async (street: Street): Promise<void> => {
    await street.exec(netns, ['sysctl', '-qw', 'net.ipv4.tcp_rmem=4096 65536 131072'])
    await street.restart(netns)
    await rest(4)
    await warm(street)
  }
}

/** The agent begins again, for what was joined before stays joined. */
function strip(how: 'syn') {
  return async (street: Street): Promise<void> => {
    await warm(street)
    for (const leg of ['dsl', 'lte'] as const) await street.line(leg, { stripMptcp: how })
    await street.restart('cpe')
    await rest(4)
  }
}

function capped(lteDownMbps: number): Pick<Scene, 'concentrator' | 'cpe'> {
  const subscriber = { id: 'home-1', cookie: randomBytes(16).toString('hex') }
  const subscribers = [{ ...subscriber, caps: { lteDownMbps } }]
  return { cpe: { subscriber }, concentrator: { shaping: { interface: 'core' }, subscribers } }
}

async function gone(street: Street): Promise<void> {
  process.kill(await pidOf(street, 'concentrator'), 'SIGKILL')
  await rest(3)
}

/** So many others on its router want all of the processor, of which all of them have what the street leaves. */
function crowded(daemon: 'cpe' | 'concentrator', others: number) {
  return async (street: Street): Promise<() => Promise<void>> => {
    await warm(street)
    // First, for where it cannot be made nobody would end them.
    const group = groupFor(street, await pidOf(street, daemon))
    writeFileSync(`${group}/cpu.shares`, '128')
    const spinning = Array.from({ length: others }, () =>
      spawn('sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
    )
    const pids = spinning.flatMap(({ pid = [] }) => pid)
    groupFor(street, ...pids)
    return () => {
      for (const one of spinning) one.kill('SIGKILL')
      return removed(group)
    }
  }
}

function groupFor({ name }: Street, ...pids: readonly number[]): string {
  const group = `/sys/fs/cgroup/cpu/${name}`
  mkdirSync(group, { recursive: true })
  for (const pid of pids) writeFileSync(`${group}/cgroup.procs`, String(pid))
  return group
}

/** A group goes when the last that was in it has. */
async function removed(group: string): Promise<void> {
  for (let tries = 0; existsSync(group); tries++) {
    try {
      rmdirSync(group)
    } catch (error) {
      if (tries >= 50) throw error
      await rest(0.1)
    }
  }
}

async function pages(street: Street, seconds: number): Promise<void> {
  const endMs = performance.now() + seconds * 1_000
  while (performance.now() < endMs) {
    await street.exec('home', [
      'curl',
      '-s',
      '-o',
      '/dev/null',
      'http://198.51.100.10/bytes/400000',
    ])
    await rest(0.8)
  }
}

/** Evenly: curl's own limit begins with a burst that fills both lines, and then takes nothing for seconds. */
function slowReader(bytesPerS: number) {
  const script = (seconds: number) => `
    const socket = require('node:net').connect({ port: 80, host: '198.51.100.10', highWaterMark: 16384 })
    socket.write('GET /bytes/200000000 HTTP/1.0\\r\\n\\r\\n')
    let owed = 0
    setInterval(() => {
      owed = Math.min(owed + ${bytesPerS / 50}, ${bytesPerS / 5})
      for (let piece; owed > 0 && (piece = socket.read()) !== null; ) owed -= piece.length
    }, 20)
    socket.on('error', () => 0)
    setTimeout(() => process.exit(), ${seconds * 1_000})`
  return (street: Street, seconds: number) =>
    street.exec('home', ['node', '-e', script(seconds)], { timeoutMs: (seconds + 10) * 1_000 })
}

/** A server that reads 300 KB a second, whatever comes. */
async function slowTaker(street: Street, seconds: number): Promise<void> {
  const serve = `require('node:net').createServer({ highWaterMark: 65536 }, (socket) => {
    socket.on('data', () => { socket.pause(); setTimeout(() => socket.resume(), 200) }).on('error', () => 0)
  }).listen(9000, '198.51.100.10')`
  const send = `const socket = require('node:net').connect(9000, '198.51.100.10'); const piece = Buffer.alloc(65536)
    const go = () => { while (socket.write(piece)); }
    socket.on('connect', go).on('drain', go).on('error', () => 0); setTimeout(() => process.exit(), ${seconds * 1_000})`
  const server = street.spawn('internet', ['node', '-e', serve], { stdio: 'ignore' })
  await rest(1)
  await street.exec('home', ['node', '-e', send], { timeoutMs: (seconds + 10) * 1_000 })
  server.kill()
}
