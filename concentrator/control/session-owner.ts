/**
 * What a control session stands on, and whom it asks and tells at the concentrator.
 */
import type { Duplex } from 'node:stream'
import type { FromConcentrator, FromHome } from '../../shared/config/control-messages.ts'
import type { SpeedTestNews } from '../../shared/config/speed-messages.ts'
import type { LegName } from '../../shared/core/leg.ts'
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import type { HomeSession } from './home-session.ts'
import type { Home } from './session-homes.ts'

/** The connection that the session stands on. */
export interface SessionLink {
  readonly socket: Duplex
  /** What TLS exports for this connection. */
  readonly exporter: Uint8Array
  /** Of its first subflow: 16 bytes. */
  readonly from: Uint8Array
  /** Undefined on plain TCP. */
  readonly token: number | undefined
  /** To be called when its home has proven who it is. */
  readonly known: () => void
}

/** What a session asks, and whom it tells. */
export interface SessionOwner {
  readonly software: string
  readonly reportS: number
  readonly homeOf: (id: string) => Home | undefined
  readonly unixMs: () => number
  /** Whether it may begin, for a home that has proven itself; else why not. */
  readonly admit: (session: HomeSession) => Refusal | undefined
  /** It has been told the rest. */
  readonly welcomed: (session: HomeSession) => void
  /** What we saw of the home since its report before, where that is known. */
  readonly report: (
    session: HomeSession,
    report: Extract<FromHome, { type: 'report' }>,
  ) => StreetInterval | undefined
  readonly applied: (session: HomeSession, version: string, problem: string | undefined) => void
  /** How a speed test goes that was ordered. */
  readonly tested: (session: HomeSession, news: SpeedTestNews) => void
  /** It does not know messages of that type. */
  readonly notUnderstood: (session: HomeSession, type: string) => void
  /** A cookie for that leg of the home, good from there. */
  readonly cookieFor: (home: Home, leg: LegName, address: Uint8Array) => Uint8Array | undefined
  /** Who a home is from now on that comes with a code; else why not. */
  readonly enrol: (wish: EnrolWish, from: Uint8Array) => Promise<Enrolled | Refusal>
  readonly refused: (session: HomeSession, code: string) => void
  readonly ended: (session: HomeSession, why: string) => void
  readonly failed: (error: unknown) => void
}

export interface Refusal {
  readonly code: string
  readonly why: string
  readonly waitS: number
}

export type Pointer = Omit<Extract<FromConcentrator, { type: 'concentrators' }>, 'type'>

/** What a home with a code says of itself. */
export interface EnrolWish {
  readonly code: string
  readonly cookie: Uint8Array
  readonly verifier: Uint8Array
}

export interface Enrolled {
  readonly id: string
}
