/**
 * ② On whose behalf the concentrator is asked: a LAN connection that was accepted (accepted.ts), or one whose
 * SYN is held (hold.ts).
 */
import type { Traffic } from '../../shared/core/class-rules.ts'
import type { EarlyData } from './early-data.ts'
import type { ErrorTlv, Uplink } from './uplink.ts'

/** One of the last four is called, once. */
export interface Asker {
  readonly destination: Traffic['destination']
  /** What the rules of classes may ask. */
  readonly traffic: Traffic
  /** What the host says meanwhile. */
  readonly early: EarlyData
  /** From now on `events` hears what happens to the LAN's own socket, if there is one. */
  begin(events: AskerEvents): void
  /** The server has accepted; `payload` is what it said at once. The uplink is the asker's now. */
  answered(uplink: Uplink, payload: Uint8Array): void
  refused(why: Refused): void
  /** Out of the house unbonded. */
  direct(): void
  /** Through the datagram tunnel, as it is. False: it cannot, for it was accepted, or the home has none. */
  tunnelled(): boolean
}

export interface AskerEvents {
  lanSpoke(): void
  lanBroke(): void
}

/**
 * What the LAN host shall hear: the server's words, that it broke the connection, that there is no way to it,
 * or nothing at all.
 */
export type Refused = ErrorTlv | 'reset' | 'unreachable' | 'silence'
