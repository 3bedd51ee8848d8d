/**
 * What one data thread of the concentrator knows, and what it tells.
 */
import type { Acl } from '../../shared/core/admission.ts'
import { ERROR_COUNTERS } from '../../shared/core/error-counters.ts'
import { FLOW_LASTING_COUNTERS } from '../../shared/core/flow-lasting.ts'
import type { Owner } from '../../shared/core/tie.ts'
import { columns } from '../../shared/relay/counters.ts'
import type { Flow, FlowRoom } from '../../shared/relay/flow.ts'
import type { CappedLegs } from '../subscribers/capped-legs.ts'
import type { CookieMint, MintSettings } from '../subscribers/cookie-mint.ts'
import type { Identities } from '../subscribers/identities.ts'
import type { Roll, StreetSubscriber } from '../subscribers/roll.ts'
import type { Sources } from '../subscribers/sources.ts'
import type { Tallies } from '../subscribers/tallies.ts'
import type { UnsentLegs } from '../subscribers/unsent-legs.ts'
import type { EgressPorts } from './egress-ports.ts'
import type { FairTurns } from './fair-turns.ts'
import type { FlowLifetimes } from './flow-lifetimes.ts'
import type { Handshakes } from './handshakes.ts'
import type { Reports } from './reports.ts'
import type { Silent } from './silent.ts'
import type { Translation, Translations } from './translations.ts'

/** Everything a worker is told at birth: plain data, for it crosses to another thread. */
export interface StreetSettings {
  /** Whole sockaddr_in6 of each listening socket. */
  readonly listen: readonly Uint8Array[]
  /** By number, as they are at birth: `StreetRoom.roll` is who they are later. */
  readonly subscribers: ReadonlyArray<StreetSubscriber | undefined>
  readonly mint: MintSettings
  /** Whether who shows no cookie may be given one. */
  readonly issueCookies: boolean
  /** Numbers of the legs on which an IPv4 address that probes came from is a home's own. */
  readonly ownAddressLegs: readonly number[]
  readonly acl: Acl
  readonly hairpin: 'refuse' | 'allow'
  readonly perSubscriber: {
    readonly openMax: number
    readonly pendingMax: number
    readonly pooledMax: number
    readonly requestsPerS: number
    readonly errorsPerS: number
  }
  readonly perSource: {
    readonly waitingMax: number
    readonly requestsPerS: number
    readonly errorsPerS: number
  }
  readonly drainWaitS: number
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
  /** Whether translations are told, and whether where to is told with them. */
  readonly translations: 'none' | 'sources' | 'destinations'
  /** Watched descriptors from which new requests are answered with Resource Exceeded. */
  readonly descriptorsMax: number
}

/** The door out: from where, and with which TCP options. */
export interface EgressSettings {
  /** Whole sockaddr_in6 of each address of the pool, port 0; none leaves the choice to the kernel. */
  readonly addresses: readonly Uint8Array[]
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

/** What all threads see. */
export interface StreetMemory {
  readonly counters: SharedArrayBuffer
  readonly workers: number
  /** `Tallies` by subscriber number. */
  readonly subscriberTallies: SharedArrayBuffer
  readonly sources: SharedArrayBuffer
  readonly ties: SharedArrayBuffer
  /** `CappedLegs`. */
  readonly cappedLegs: SharedArrayBuffer
  /** One cell: 1 while we are draining. */
  readonly draining: SharedArrayBuffer
  /** Whose each MPTCP connection is. */
  readonly identities: SharedArrayBuffer
  /** `StreetWaits` by subscriber number. */
  readonly waits: SharedArrayBuffer
  /** `UnsentLegs` by subscriber number. */
  readonly unsentLegs: SharedArrayBuffer
}

export interface StreetRoom extends FlowRoom {
  readonly settings: StreetSettings
  readonly count: Float64Array
  /** Each with the number of the subscriber whose it is. */
  readonly flows: Map<Flow, number>
  readonly lifetimes: FlowLifetimes
  /** Connections that lead nowhere, and are measured. */
  readonly speedTests: Set<object>
  readonly egressPorts: EgressPorts
  /** What flows that have ended carried. */
  readonly closedBytes: { up: number; down: number }
  readonly roll: Roll
  readonly mint: CookieMint
  /** Whose address this is, by configuration alone. */
  readonly configuredOwnerOf: (address: Uint8Array) => Owner | undefined
  /** Whose address this is, by configuration or by probes. */
  readonly ownerOf: (address: Uint8Array) => Owner | undefined
  /** Whether the address is this host's. */
  readonly isOwn: (address: Uint8Array) => boolean
  readonly cappedLegs: CappedLegs
  readonly unsentLegs: UnsentLegs
  readonly tallies: Tallies
  readonly sources: Sources
  readonly identities: Identities
  readonly handshakes: Handshakes
  /** By `Seat.turn`. */
  readonly turns: FairTurns
  readonly silent: Silent
  /** Warm connections: what ends them when we are drained. */
  readonly warm: Set<() => void>
  readonly isDraining: () => boolean
  /** Monotonic milliseconds, the same in all threads. */
  readonly sharedMs: () => number
  /** Unix time in seconds. */
  readonly unixS: () => number
  readonly reports: Reports
  /** Undefined where nobody logs them. */
  readonly translations: Translations | undefined
}

/** What happened; the log has a line for each kind. */
export type Incident = 'refused' | 'limited' | 'cookie shown from elsewhere'

export type StreetNews =
  | { readonly event: 'translations'; readonly translations: readonly Translation[] }
  | { readonly event: 'serving'; readonly fastOpen: boolean }
  | {
      readonly event: 'incident'
      readonly incident: Incident
      /** The source address as text, and why in words. */
      readonly source: string
      readonly why: string
      readonly subscriber: number | undefined
      /** How many of this kind were not told since the last. */
      readonly hidden: number
    }

/** Connections of nobody's home: scanners, and whoever else knocks. */
const STRANGER_COUNTERS = [
  /** Went, or was closed, before it had said anything whole. */
  'strangersSilent',
  'strangersAlien',
  /** Speaks Convert, and is no home's. */
  'strangersUnknown',
] as const

export type Stranger = (typeof STRANGER_COUNTERS)[number]

export const STREET_COUNTERS = [
  /** Of homes. */
  'accepted',
  'acceptedDsl',
  'acceptedLte',
  'plainTcp',
  'plainTcpDsl',
  'plainTcpLte',
  ...STRANGER_COUNTERS,
  'fastOpens',
  'hellos',
  'requests',
  'refused',
  'refusedSilently',
  'hairpins',
  'silent',
  'crowdedOut',
  'overOpen',
  'overPending',
  'overPooled',
  'overRequests',
  'drained',
  'cookiesIssued',
  'cookiesExpired',
  'cookiesMoved',
  'cookiesDoubled',
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
  ...ERROR_COUNTERS,
  ...FLOW_LASTING_COUNTERS,
] as const

export type StreetCounter = (typeof STREET_COUNTERS)[number]

export const COUNT = columns(STREET_COUNTERS)
