/**
 * What one data thread of the concentrator knows, and what it tells.
 */
import type { Acl } from '../../shared/core/admission.ts'
import { columns } from '../../shared/relay/counters.ts'
import type { Flow, FlowRoom } from '../../shared/relay/flow.ts'
import type { EgressPorts } from './egress-ports.ts'
import type { FlowLifetimes } from './flow-lifetimes.ts'

/** Everything a worker is told at birth: plain data, for it crosses to another thread. */
export interface StreetSettings {
  /** Whole sockaddr_in6 of each listening socket. */
  readonly listen: readonly Uint8Array[]
  /** Cookies by subscriber number; names stay in the main thread. */
  readonly cookies: readonly Uint8Array[]
  readonly acl: Acl
  readonly convertWaitMs: number
  readonly connectMs: number
  readonly poolHelloIdleMs: number
  readonly congestion: string | undefined
  readonly keepalive: {
    readonly idleS: number
    readonly intervalS: number
    readonly probes: number
    readonly accessIdleS: number
  }
  /** Milliseconds after which a flow that carries nothing is reset. */
  readonly flowIdleMs: number
  readonly egress: EgressSettings
  /** Watched descriptors from which new requests are answered with Resource Exceeded. */
  readonly descriptorsMax: number
}

/** The door out: from where, and with which TCP options. */
export interface EgressSettings {
  /** Whole sockaddr_in6 of each address of the pool, port 0; none leaves the choice to the kernel. */
  readonly addresses: readonly Uint8Array[]
  /** By subscriber number: which of them is his, in each family that the pool has. */
  readonly choices: readonly EgressChoice[]
  /** Connections that one of them carries at most. */
  readonly portsMax: number
  /** What all threads count together: four bytes for each address. */
  readonly portsTaken: SharedArrayBuffer
  /** TCP option kinds that an Extended Connect may ask for. */
  readonly honoured: readonly number[]
  /** TCP option kinds in Supported TCP Extensions. */
  readonly announced: readonly number[]
  readonly multipath: 'never' | 'asked' | 'always'
}

export interface EgressChoice {
  readonly ipv4: number | undefined
  readonly ipv6: number | undefined
}

export interface StreetMemory {
  readonly counters: SharedArrayBuffer
  readonly workers: number
}

export interface StreetRoom extends FlowRoom {
  readonly settings: StreetSettings
  readonly count: Float64Array
  readonly flows: Set<Flow>
  readonly lifetimes: FlowLifetimes
  readonly egressPorts: EgressPorts
  /** What flows that have ended carried. */
  readonly closedBytes: { up: number; down: number }
  /** The number of the subscriber whose cookie this is, or undefined. */
  readonly subscriberOf: (cookie: Uint8Array) => number | undefined
  /** Warm connections by subscriber number. */
  readonly pooled: Map<number, number>
  readonly tell: (news: StreetNews) => void
}

export type StreetNews =
  | { readonly event: 'serving' }
  | {
      readonly event: 'refused'
      /** The source address as text, and why in words. */
      readonly source: string
      readonly why: string
    }

export const STREET_COUNTERS = [
  'accepted',
  'plainTcp',
  'hellos',
  'requests',
  'refused',
  'silent',
  'flowsOpened',
  'flowsOpen',
  'flowsClosed',
  'flowsReset',
  'flowsIdle',
  'connectsRetried',
  'portsExhausted',
  'pooled',
  'upBytes',
  'downBytes',
  'descriptors',
  'exhausted',
] as const

export const COUNT = columns(STREET_COUNTERS)
