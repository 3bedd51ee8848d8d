/**
 * What shaping costs and what it gives: the bond's rate, how long a ping over DSL takes beside it, and
 * how near LTE keeps to its cap.
 */
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { raiseStreet, type Street } from '../lab/lab.ts'
import { PAIRS } from '../lab/pairs.ts'
import { type Direction, iperf } from './iperf.ts'
import { percentileOf } from './percentile.ts'

export interface Loaded {
  readonly bondedMbps: number
  /** On the line itself: all of its IP packets. */
  readonly lteMbps: number
  readonly loaded: Pings
}

export interface Pings {
  readonly p50Ms: number
  readonly p95Ms: number
}

/** Mbit/s; undefined is no cap. */
export interface LteCaps {
  readonly upMbps?: number
  readonly downMbps?: number
}

/** A street whose DSL is shaped at its rate both ways, as an operator would configure it. */
export function raiseShapedStreet(name: string, pairName: string, lte: LteCaps): Promise<Street> {
  const { dsl } = PAIRS[pairName] ?? {}
  if (dsl === undefined) throw new Error(`There is no pair ${pairName}`)
  const subscriber = { id: 'home-1', cookie: randomBytes(16).toString('hex') }
  const { upMbps: capUpMbps, downMbps: lteDownMbps } = lte
  return raiseStreet({
    name,
    pair: pairName,
    cpe: {
      subscriber,
      legs: { dsl: { upMbps: dsl.upMbps }, lte: capUpMbps === undefined ? {} : { capUpMbps } },
    },
    concentrator: {
      shaping: { interface: 'core' },
      subscribers: [
        {
          ...subscriber,
          caps: {
            dslDownMbps: dsl.downMbps,
            ...(lteDownMbps === undefined ? {} : { lteDownMbps }),
          },
        },
      ],
    },
  })
}

/** One TCP connection over both legs, with pings beside it once it has got going. */
export async function measureLoaded(
  street: Street,
  direction: Direction,
  { seconds, omitS }: { readonly seconds: number; readonly omitS: number },
): Promise<Loaded> {
  const transfer = iperf(street, { direction, seconds, omitS })
  await sleep(omitS * 1_000)
  const beganMs = performance.now()
  const before = await lteBytes(street, direction)
  const loaded = await pings(street, seconds - 1)
  const bytes = (await lteBytes(street, direction)) - before
  const lteMbps = (bytes * 8) / 1_000 / (performance.now() - beganMs)
  return { bondedMbps: await transfer, lteMbps, loaded }
}

/** From the LAN to the internet, unbonded: over DSL. Ten a second. */
export async function pings(street: Street, seconds: number): Promise<Pings> {
  const argv = ['ping', '-n', '-i', '0.1', '-c', String(Math.round(seconds * 10)), SERVER]
  const { stdout } = await street.exec('home', argv, { timeoutMs: (seconds + 10) * 1_000 })
  const times = [...stdout.matchAll(/time=([\d.]+)/g)].map(([, ms]) => Number(ms))
  if (times.length === 0) return { p50Ms: Infinity, p95Ms: Infinity }
  return { p50Ms: percentileOf(times, 50), p95Ms: percentileOf(times, 95) }
}

async function lteBytes(street: Street, direction: Direction): Promise<number> {
  const name = direction === 'down' ? 'rx_bytes' : 'tx_bytes'
  const { stdout } = await street.exec('cpe', ['cat', `/sys/class/net/lte/statistics/${name}`])
  return Number(stdout)
}

const SERVER = '198.51.100.10'
