/**
 * What the tunnel's thread in the concentrator is told at birth, and what it tells and counts.
 */
import { columns } from '../../shared/relay/counters.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import type { PrefixPool } from '../../shared/wire/prefix-pool.ts'
import type { Verifier } from '../subscribers/records.ts'

/** A home as the tunnel's thread knows it. */
export interface TunnelIdentity extends Pick<Verifier, 'sessionId' | 'controlKey'> {
  /** Its own of the pool. */
  readonly prefix6: Prefix | undefined
}

/** What the thread is told: this home may have a tunnel from now on, or (undefined) none any more. */
export interface TunnelLetter {
  readonly number: number
  readonly identity: TunnelIdentity | undefined
}

export interface StreetTunnelBirth {
  /** Sockaddrs to listen on. */
  readonly listen: readonly Uint8Array[]
  /** By number; undefined for who has no tunnel. */
  readonly homes: ReadonlyArray<TunnelIdentity | undefined>
  readonly device: string
  readonly prefix4: Prefix
  readonly prefix6: Prefix
  readonly pool6: PrefixPool | undefined
  readonly reorderMsMax: number
  /** Of `TunnelUsage`. */
  readonly usage: SharedArrayBuffer
  /** Of `CappedLegs`; undefined where nothing is shaped. */
  readonly cappedLegs: SharedArrayBuffer | undefined
  readonly counters: SharedArrayBuffer
}

export type StreetTunnelNews =
  | { readonly event: 'serving' }
  /** The interface was gone, and is there again or could not be made. */
  | { readonly event: 'interface'; readonly why: string }

export const STREET_TUNNEL_COUNTERS = [
  'sessions',
  'upBytes',
  'downBytes',
  'packetsUp',
  'packetsDown',
  // From the homes: of no session, of no form; under no key that is here, seen before, not genuine.
  'unknown',
  'alien',
  'foreign',
  'replayed',
  'forged',
  // Packets that came twice, by two legs; after a later one of their flow; marked by the way, their sender
  // not knowing such marks. Those that waited for an earlier one.
  'duplicate',
  'late',
  'notEct',
  'held',
  // With a source that is not the home's.
  'spoofed',
  // Into the tunnel: for no home that is here, no room, no way.
  'unrouted',
  'dropped',
  'tooBig',
  'framesUnsent',
] as const
export type StreetTunnelCounter = (typeof STREET_TUNNEL_COUNTERS)[number]
export const TUNNELLED = columns(STREET_TUNNEL_COUNTERS)
