/**
 * One home's tunnel as one end of it sees it: packets become frames, frames become packets.
 *
 * INTERFACE FIRST: the thread around it can be built against these types.
 */
import type { Pinned } from '../linux/pinned.ts'
import type { LegBatch, PacketOut } from './batch.ts'

export type CipherName = 'aes-128-gcm' | 'chacha20-poly1305' | 'none'

/** How the packets of a flow are spread over the legs; see core/datagram-scheduler.ts. */
export type Spreading = 'cheapest-first' | 'lowest-rtt' | 'weighted' | 'redundant' | 'blest' | 'ecf'

export interface SessionSettings {
  readonly role: 'home' | 'concentrator'
  /** tunnelSecret(cookie) of keys.ts. */
  readonly secret: TunnelSecret
  /** The home asks for it; the concentrator takes what is asked. */
  readonly cipher: CipherName
  /** Asked once at the first packet of a flow. */
  readonly spreadingOf: (packet: Uint8Array, at: number, bytes: number) => Spreading
  /** No packet waits longer for an earlier one. */
  readonly reorderMsMax: number
}

export interface TunnelSecret {
  /** 8 bytes: probeSecret's. */
  readonly sessionId: Uint8Array
  readonly handshakeKey: Uint8Array
  readonly root: Uint8Array
}

/** What steering wants of a leg in one direction. */
export interface LegOrder {
  /** RFC 9897: 0 never, 1 standby, 2 overflow only, 3 to 15 primary. 0 also for a leg that is dead. */
  readonly priority: number
  /** What the line is known to carry, bytes a millisecond; undefined: the session finds out. */
  readonly capacity: number | undefined
  /** Of it, what passes beside the tunnel (TCP), bytes a millisecond. */
  readonly beside: number
}

export const Sent = {
  sent: 0,
  /** Waits for room on a leg; `tick` sends it. */
  queued: 1,
  /** No room, and the queue is full. */
  dropped: 2,
  /** Longer than `packetBytesMax`: answer with ICMP. */
  tooBig: 3,
  /** No keys yet, or no leg may carry: forward it without us. */
  noWay: 4,
  /** Not an IP packet. */
  alien: 5,
} as const
export type Sent = (typeof Sent)[keyof typeof Sent]

export interface TunnelSession extends Disposable {
  /** Home: where a leg leads, a whole sockaddr_in6; undefined when the leg has no socket. */
  place(leg: number, to: Uint8Array | undefined): void
  /** Home: what steering wants, both directions; the concentrator hears of `down` by control frames. */
  order(leg: number, up: LegOrder, down: LegOrder): void

  /** At least PACKET_HEADROOM_BYTES before `at` are free and get overwritten. */
  send(packet: Pinned, at: number, bytes: number, nowUs: number, batch: LegBatch): Sent
  /** Any datagram that `sessionAt` gave to this session. It is opened in place. */
  receive(
    datagram: Pinned,
    at: number,
    bytes: number,
    from: Uint8Array,
    trafficClass: number,
    nowUs: number,
    out: PacketOut,
    batch: LegBatch,
  ): void
  /** Timers: handshakes, probes, reports, packets that waited. When to come again at the latest, in microseconds. */
  tick(nowUs: number, out: PacketOut, batch: LegBatch): number

  /** There are keys, and the other end has shown to have them. */
  readonly up: boolean
  /** What fits into a frame on every leg that may carry, as far as probed: 1,280 at least. */
  readonly packetBytesMax: number
}
