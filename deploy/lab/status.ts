/**
 * The street as one object, for people and for scripts outside. The names are a promise: others read
 * them from `npm run lab -- status --json`.
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import {
  type Addresses,
  CONCENTRATOR,
  INTERNET,
  LAN,
  legAddresses,
  NAT_ADDRESS,
} from './addresses.ts'
import { configPath, type DaemonName } from './daemons.ts'
import { lineStatus } from './legs.ts'
import type { LineStatus } from './line-thread.ts'
import { netnsOf, type Place } from './places.ts'
import { logPath, running } from './processes.ts'
import { PORTS } from './services.ts'
import { readState, type StreetState, streetDirectory } from './state.ts'

export interface StreetStatus {
  readonly name: string
  readonly pair: string
  /** Logs, configurations and process numbers. */
  readonly directory: string
  readonly places: Readonly<Record<Exclude<Place, 'access'>, PlaceStatus>>
  readonly access: { readonly netns: string }
  /** Ports of the servers in `internet`. */
  readonly internet: typeof PORTS
  readonly legs: Readonly<Record<LegName, LegStatus>>
  readonly daemons: Readonly<Record<DaemonName, DaemonStatus>>
  readonly concentrator: { readonly address: string; readonly ipv6: string; readonly port: number }
  readonly subscriber: StreetState['subscriber']
}

interface PlaceStatus extends Addresses {
  readonly netns: string
}

/** `mtu` and the addresses are the CPE's. `nat` is there where the operator translates IPv4. */
interface LegStatus extends LineStatus, Addresses {
  readonly mtu: number
  readonly gateway: Addresses
  readonly nat: { readonly address: string; readonly idleS: number } | null
}

interface DaemonStatus {
  /** null while it does not run. */
  readonly pid: number | null
  readonly log: string
  readonly config: string
}

export async function streetStatus(name: string): Promise<StreetStatus> {
  const state = readState(name)
  const lines = await lineStatus(name)
  const place = (which: Place, own: Addresses) => ({ netns: netnsOf(name, which), ...own })
  return {
    name,
    pair: state.pair,
    directory: streetDirectory(name),
    places: {
      home: place('home', LAN.home),
      cpe: place('cpe', LAN.router),
      concentrator: place('concentrator', CONCENTRATOR.own),
      internet: place('internet', INTERNET.own),
    },
    access: { netns: netnsOf(name, 'access') },
    internet: PORTS,
    legs: { dsl: legStatus(state, 'dsl', lines.dsl), lte: legStatus(state, 'lte', lines.lte) },
    daemons: { cpe: daemonStatus(name, 'cpe'), concentrator: daemonStatus(name, 'concentrator') },
    concentrator: {
      address: CONCENTRATOR.own.ipv4,
      ipv6: CONCENTRATOR.own.ipv6,
      port: CONCENTRATOR.port,
    },
    subscriber: state.subscriber,
  }
}

/** The same for a terminal. */
export function describeStatus(status: StreetStatus): string {
  const rows: string[] = [
    `street ${status.name}, pair ${status.pair}, files in ${status.directory}`,
  ]
  rows.push('')
  for (const [name, { netns, ipv4, ipv6 }] of Object.entries(status.places)) {
    rows.push(`${name.padEnd(13)} ${netns.padEnd(24)} ${ipv4.padEnd(15)} ${ipv6}`)
  }
  rows.push('')
  for (const leg of LEGS) rows.push(...describeLeg(leg, status.legs[leg]))
  rows.push('')
  for (const [name, { pid, log }] of Object.entries(status.daemons)) {
    rows.push(
      `${name.padEnd(13)} ${(pid === null ? 'not running' : `pid ${pid}`).padEnd(24)} ${log}`,
    )
  }
  const { http, iperf3, echo } = status.internet
  rows.push('', `internet serves http on ${http}, iperf3 on ${iperf3}, echo on ${echo}`)
  return rows.join('\n')
}

function describeLeg(name: LegName, leg: LegStatus): string[] {
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`
  const nat = leg.nat === null ? '' : `, behind ${leg.nat.address}`
  return [
    `${name.padEnd(5)} ${leg.up ? 'up  ' : 'DOWN'} ${leg.downMbps}/${leg.upMbps} Mbit/s, ` +
      `RTT ${leg.rttMs} ms, jitter ${leg.jitterMs} ms, loss ${leg.lossPercent} %, ` +
      `queue ${leg.queueMs} ms`,
    `           ${leg.ipv4} ${leg.ipv6}${nat}`,
    `           ${megabytes(leg.downBytes)} down, ${megabytes(leg.upBytes)} up`,
  ]
}

function legStatus(state: StreetState, leg: LegName, line: LineStatus): LegStatus {
  const { generation, mtu } = state.legs[leg]
  const { cpe, access } = legAddresses(leg, generation)
  const nat = leg === 'lte' && state.nat.on
  return {
    ...line,
    ...cpe,
    gateway: access,
    mtu,
    nat: nat ? { address: NAT_ADDRESS, idleS: state.nat.idleS } : null,
  }
}

function daemonStatus(street: string, daemon: DaemonName): DaemonStatus {
  return {
    pid: running(street, daemon)?.pid ?? null,
    log: logPath(street, daemon),
    config: configPath(street, daemon),
  }
}
