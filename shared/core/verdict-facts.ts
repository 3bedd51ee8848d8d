/**
 * What a verdict is judged from: one interval of one home, as its two ends have seen it.
 *
 *    home:          what both lines carried and could have, whether LTE was let, the processor, what waited for them
 *    concentrator:  what waited there for the home, and what its servers would not take; its processor
 *
 * Rates are bytes a millisecond as the interfaces count them, shares 0 to 1 of the interval. undefined: nobody knows.
 */
import type { Direction } from './dsl-queue.ts'
import type { LegName } from './leg.ts'

export type ByDirection<T> = Readonly<Record<Direction, T>>

/** How transfers that are under way fared, by looking at them now and then. */
export interface Waiting {
  /** Something waited to leave: it comes in faster than it goes out. */
  readonly heldShare: number
  /** A long transfer ran and nothing of it waited: it goes out as fast as it comes in. */
  readonly servedShare: number
  /** Something waited that the other end's window had no room for; undefined: nobody looks, as a concentrator of before. */
  readonly windowShare?: number | undefined
}

export interface LegInterval {
  /** It could carry. */
  readonly upShare: number
  readonly carried: ByDirection<number>
  /** Of DSL what it is known to carry; where that is not known, and of LTE, the most that it has carried within a day. */
  readonly capacity: ByDirection<number | undefined>
  /** What the operator lets it carry. */
  readonly cap: ByDirection<number | undefined>
  /** What a packet took longer than the least it ever took. */
  readonly queueMs: number | undefined
  /** Of what our connections sent over it, what got lost. */
  readonly lostShare: ByDirection<number | undefined>
}

/** Why LTE may not do all it can. */
export type LteLeave = 'allowed' | 'spent' | 'throttled' | 'roaming'

export interface HomeInterval {
  readonly legs: Readonly<Record<LegName, LegInterval>>
  readonly lte: LteLeave
  /** LTE helped. */
  readonly helpShare: ByDirection<number>
  /** DSL was full, and LTE was kept from helping because it had slowed the home down. */
  readonly keptOutShare: ByDirection<number>
  /** New connections were bonded: the concentrator answered. */
  readonly bondedShare: number
  /** Of what our connections to the concentrator carried, what went over plain TCP. */
  readonly plainShare: number | undefined
  /** Of the busiest of our threads, or the busiest processor of the router. */
  readonly processorShare: number | undefined
  /** What waited here for the lines. */
  readonly up: Waiting
  /** Something waited here for a host of the LAN, which takes no more. */
  readonly lanHeldShare: number
  /** A speed test of its own filled the lines; undefined: none did. */
  readonly testedShare?: number | undefined
}

export interface StreetInterval {
  readonly processorShare: number | undefined
  /** What waited here for the home. */
  readonly down: Waiting
  /** Something of the home's waited here for a server, which takes no more. */
  readonly serverHeldShare: number
}
