/**
 * What steering and the tunnel's thread tell each other, in memory that both see: a number a cell, one
 * writer each. The legs themselves stand on the leg board.
 *
 *   steering ▶ thread   lteUp │ lteDown │ capacity of DSL │ what passes beside the tunnel on DSL
 *   thread ▶ steering   ifIndex │ turnedMs │ bytes by leg and direction │ what is counted
 */
import { Counters, columns } from '../../shared/relay/counters.ts'

const ORDERS = [
  // One of LTE_USE: whether LTE carries what DSL has no room for.
  'lteUp',
  'lteDown',
  // Bytes a millisecond; 0 while it is not known.
  'dslCapacityUp',
  'dslCapacityDown',
  'dslBesideUp',
  'dslBesideDown',
] as const
export const ORDER = columns(ORDERS)

/** What LTE may do for flows of class overflow. `spared`: for any, for the month's budget is spent. */
export const LTE_USE = { waits: 0, helps: 1, spared: 2 } as const

export const TUNNEL_COUNTERS = [
  // The interface's number while packets may be routed into it; else 0.
  'ifIndex',
  // When the thread last turned, on the clock that all threads share.
  'turnedMs',
  'dslUpBytes',
  'dslDownBytes',
  'lteUpBytes',
  'lteDownBytes',
  'packetsUp',
  'packetsDown',
  // No way, no room, or no packet at all.
  'packetsDropped',
  // Of these, answered with ICMP: longer than any leg carries.
  'packetsTooBig',
  // Bulk that no leg had room for in time.
  'packetsWaitedTooLong',
  // From the concentrator: waited for an earlier one, given up as lost and delivered after all, delivered before.
  'packetsReordered',
  'packetsOutOfOrder',
  'packetsDuplicate',
  // Dropped: marked Congestion Experienced, from a sender who would not hear it (RFC 6040).
  'packetsMarkedInVain',
  // By a second leg: of redundant flows, or beside a leg that fell silent.
  'framesCopied',
  // Dropped at the door, in the order of its questions (shared/tunnel/opener.ts).
  'framesAlien',
  'framesForeign',
  'framesReplayed',
  'framesForged',
  // 0 before it was measured.
  'dslRttUs',
  'lteRttUs',
  // What stands in front of the line, as the concentrator reports it, and what the tunnel sends at most.
  'dslUpQueueUs',
  'lteUpQueueUs',
  'dslUpBytesPerMs',
  'lteUpBytesPerMs',
  // Frames of the concentrator that did not come, and that came marked.
  'dslDownLost',
  'lteDownLost',
  'dslDownMarked',
  'lteDownMarked',
  // Frames that the kernel did not take.
  'framesUnsent',
] as const
export type TunnelCounter = (typeof TUNNEL_COUNTERS)[number]
export const TUNNEL_COUNT = columns(TUNNEL_COUNTERS)

export interface TunnelMemory {
  readonly orders: SharedArrayBuffer
  readonly counters: SharedArrayBuffer
}

export interface TunnelBoard {
  readonly memory: TunnelMemory
  readonly orders: Float64Array
  readonly counters: Counters<TunnelCounter>
}

/** All that is counted, by name. */
export function tunnelCounts({ counters }: TunnelBoard): Record<TunnelCounter, number> {
  const said = TUNNEL_COUNTERS.map((name) => [name, counters.read(name)])
  return Object.fromEntries(said) as Record<TunnelCounter, number>
}

/** Both ends of it; `memory` comes from the other thread's. */
export function tunnelBoard(memory?: TunnelMemory): TunnelBoard {
  const orders = memory?.orders ?? new SharedArrayBuffer(ORDERS.length * 8)
  const counters = new Counters(TUNNEL_COUNTERS, 1, memory?.counters)
  return {
    memory: { orders, counters: counters.memory },
    orders: new Float64Array(orders),
    counters,
  }
}
