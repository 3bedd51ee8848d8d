/**
 * What one data thread of the home knows, and what it tells.
 */

import type { PolicyScope } from '../../shared/core/class-change.ts'
import type { ClassPolicy } from '../../shared/core/class-rules.ts'
import { ERROR_COUNTERS } from '../../shared/core/error-counters.ts'
import { FLOW_LASTING_COUNTERS } from '../../shared/core/flow-lasting.ts'
import type { LegName } from '../../shared/core/leg.ts'
import { type Counters, columns } from '../../shared/relay/counters.ts'
import type { Flow, FlowRoom } from '../../shared/relay/flow.ts'
import type { FlowTable } from '../../shared/relay/flow-table.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import type { Classifier } from './classifier.ts'
import type { Uplink } from './uplink.ts'

/** Everything a worker is told at birth: plain data, for it crosses to another thread. */
export interface HouseSettings {
  /** In order of preference; 16 bytes each, IPv4 as ::ffff:a.b.c.d. */
  readonly concentrator: { readonly addresses: readonly Uint8Array[]; readonly port: number }
  readonly cookie: Uint8Array
  /** The interfaces that the home's hosts are behind. */
  readonly lan: readonly string[]
  readonly interfaces: { readonly dsl: string; readonly lte: string }
  /** The TPROXY port of worker 0; worker i listens on `capturePort + i`. */
  readonly capturePort: number
  /** The home has a datagram tunnel, which may carry TCP too. */
  readonly tunnel: boolean
  /** The LAN is answered when its server has answered: the queue of worker i is `capturePort + i` too. */
  readonly truthful: boolean
  readonly poolSizeMin: number
  readonly poolSizeMax: number
  readonly poolLifetimeMs: number
  readonly connectMs: number
  readonly classes: ClassPolicy
  /** Congestion controls towards the concentrator and into the LAN; undefined: the kernel's own. */
  readonly congestion: string | undefined
  readonly lanCongestion: string | undefined
  readonly keepalive: {
    readonly idleS: number
    readonly intervalS: number
    readonly probes: number
    /** The first question on an uplink that must not be forgotten by LTE's carrier. */
    readonly lteIdleS: number
  }
  /** Watched descriptors from which this worker says it is full. */
  readonly descriptorsMax: number
}

/** Memory that the thread shares with the main thread. */
export interface HouseMemory {
  readonly board: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
  /** One flow table for each worker. */
  readonly tables: readonly SharedArrayBuffer[]
  /** One number: until when the concentrator wants to be left alone. */
  readonly stop: SharedArrayBuffer
}

export interface HouseRoom extends FlowRoom {
  readonly settings: HouseSettings
  /** What connections want of the lines, as the policy has it now. */
  readonly classifier: Classifier
  readonly board: LegBoard
  readonly table: FlowTable
  readonly count: Float64Array
  /** Until when no thread asks the concentrator for anything, on the clock that `originMs` begins. */
  readonly stopUntilMs: Float64Array
  /** When this thread's own clock was 0, on the monotonic clock that all threads share. */
  readonly originMs: number
  /** Open flows, and the uplink of each that is bonded. */
  readonly flows: Map<Flow, Uplink | undefined>
  /** When an uplink was last closed or refused, on the loop's clock: the concentrator may be gone. */
  farewellMs: number
  /** What flows that have ended carried. */
  readonly closedBytes: { up: number; down: number }
  /** Tell the main thread what a human would want to know. */
  readonly tell: (news: HouseNews) => void
}

/** What the main thread tells a data thread that runs: another policy. */
export interface HouseLetter {
  readonly classes: ClassPolicy
  readonly flows: PolicyScope
}

/** And a cookie that came over the control session: shown on uplinks that begin on `leg` at `from`. */
export interface IssuedCookie {
  readonly cookie: Uint8Array
  readonly leg: LegName
  readonly from: Uint8Array
}

export type HouseNews =
  | { readonly event: 'serving' }
  | { readonly event: 'bonding' }
  | { readonly event: 'bypassing'; readonly why: string }
  | { readonly event: 'suspect'; readonly why: string }
  /** New uplinks begin on another leg for a while. */
  | {
      readonly event: 'marked'
      readonly leg: LegName
      readonly why: string
      readonly forS: number
    }
  /** A connection bypasses a concentrator that serves others. */
  | { readonly event: 'refused'; readonly why: string }
  | { readonly event: 'eager'; readonly why: string }

export const HOUSE_COUNTERS = [
  'flowsOpened',
  'flowsClosed',
  'flowsReset',
  'flowsOpen',
  'flowsBonded',
  'flowsDirect',
  'flowsTunnelled',
  'heldOpened',
  'heldRefused',
  'heldNot',
  'hostsOver',
  'held',
  'upBytes',
  'downBytes',
  'poolHits',
  'poolMisses',
  'pooled',
  'uplinksOpened',
  'uplinksFailed',
  'fallbacksDsl',
  'fallbacksLte',
  'marksDsl',
  'marksLte',
  'cookiesIssued',
  'askedAgain',
  'unanswered',
  'descriptors',
  ...ERROR_COUNTERS,
  ...FLOW_LASTING_COUNTERS,
  // When a connection of the class last began or carried something, on the same clock as the next.
  'interactiveMs',
  'handoverMs',
  // When the thread last turned, on the clock that all threads share.
  'turnedMs',
  // For how long a thread has looked at its flows, and for how much of it something waited for the lines, a long
  // transfer left by them without waiting, something waited for a host of the LAN, and DSL had been given less than
  // there was to send.
  'lookedMs',
  'upHeldMs',
  'upServedMs',
  'lanHeldMs',
  'dslUnsentMs',
  // And for how much of it something waited that the other end's window had no room for.
  'upWindowMs',
  // Of how many downloads it was asked, and how much of them had arrived and waited for what a line still holds.
  'gapFlows',
  'gapBytes',
] as const
export type HouseCounter = (typeof HOUSE_COUNTERS)[number]
export type HouseCounters = Counters<HouseCounter>

export const COUNT = columns(HOUSE_COUNTERS)
