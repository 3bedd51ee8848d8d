/**
 * The order of one flow at the end of a tunnel: packets came over several legs, some later than others.
 *
 *     delivered          gap     held
 *   ─ 5 ─ 6 ─ 7 ─ 8 ─ ┊ (9) ┊ ─ 10 ─ 11 ─ (12) ─ 13        9 comes: 9, 10, 11 leave at once
 *                       next      ▲                          9 is given up when every leg that may have it
 *                                 └ sent at t on some leg    has passed t, or when 10 has waited enough
 *
 * A leg keeps what it carries in order, so what it delivers that was sent at t or later shows that nothing
 * earlier is still on it. A packet that comes after its gap was given up is delivered late, once; one that
 * was delivered before is a duplicate. This file knows packets by numbers of slots; their bytes are the
 * caller's.
 */
import { since32 } from '../wire/tunnel.ts'
import { ReplayWindow, WINDOW } from './replay-window.ts'

/** What to do with a packet. */
export const Order = {
  /** Deliver it; `ready` may have more. */
  now: 0,
  /** Keep it in a slot and say which: `hold`. */
  hold: 1,
  /** Deliver it, out of order: it was given up. */
  late: 2,
  duplicate: 3,
  /** Too far ahead to be held: take everything out of `ready`, then ask again. */
  full: 4,
} as const
export type Order = (typeof Order)[keyof typeof Order]

/** Which legs have delivered something that was sent at a time or later. */
export interface LegsPassed {
  hasPassed(legs: number, sentUs: number): boolean
}

export class FlowOrder {
  /** When a packet of the flow last came. */
  lastUs = 0
  held = 0
  #next = -1
  #gapEnd = -1
  /** Everything before it is given up, and delivered if it is here. */
  #floor = -1
  readonly #seen = new ReplayWindow()
  #ring: Ring | undefined

  /** The packet of this number, which wants its order kept or not (then nothing waits for it). */
  judge(sequence: number, ordered: boolean): Order {
    // High enough that a number before the first is not below zero.
    if (this.#next < 0) this.#next = sequence + TWO_TO_THE_32
    const number = this.#next + since32(sequence, this.#next % TWO_TO_THE_32)
    if (!this.#seen.isNew(number)) return Order.duplicate
    if (number < this.#next) {
      this.#seen.see(number)
      return Order.late
    }
    if (number > this.#next && ordered) {
      if (number - this.#next >= RING) {
        this.#floor = number - RING + 1
        return Order.full
      }
      return Order.hold
    }
    this.#seen.see(number)
    // For a packet that did not wait, nothing waits.
    if (this.held === 0) this.#next = number + 1
    else if (number === this.#next) this.#next += 1
    else this.#floor = number + 1
    return Order.now
  }

  /** After `judge` said hold. `sentUs`, `legs`: the packet's own; it waits until `untilUs` at most. */
  hold(sequence: number, slot: number, sentUs: number, legs: number, untilUs: number): void {
    this.#ring ??= newRing()
    const number = this.#next + since32(sequence, this.#next % TWO_TO_THE_32)
    const cell = number % RING
    this.#seen.see(number)
    this.#ring.slots[cell] = slot
    this.#ring.sentUs[cell] = sentUs
    this.#ring.legs[cell] = legs
    this.#ring.untilUs[cell] = untilUs
    this.held += 1
    if (this.#gapEnd < 0 || number < this.#gapEnd) this.#gapEnd = number
  }

  /** The slot of the next packet that may leave now; -1 when none may. Ask until it says so. */
  ready(passed: LegsPassed, nowUs: number): number {
    if (this.held === 0 || this.#ring === undefined) {
      if (this.#next < this.#floor && this.#floor < Infinity) this.#next = this.#floor
      return -1
    }
    const { slots, sentUs, legs, untilUs } = this.#ring
    if (slots[this.#next % RING] === NONE) {
      const end = this.#endOfGap(slots)
      const cell = end % RING
      const isLost = nowUs >= untilUs[cell]! || passed.hasPassed(legs[cell]!, sentUs[cell]!)
      this.#next = isLost ? end : Math.max(this.#next, Math.min(end, this.#floor))
      if (this.#next !== end) return -1
    }
    const cell = this.#next % RING
    const slot = slots[cell]!
    slots[cell] = NONE
    this.held -= 1
    this.#next += 1
    this.#gapEnd = -1
    return slot
  }

  /** Nothing more comes of this flow: what is held may leave. */
  giveUp(): void {
    this.#floor = Infinity
  }

  /** Until when what is held may wait; Infinity when nothing is. */
  untilUs(): number {
    if (this.held === 0 || this.#ring === undefined) return Infinity
    if (this.#ring.slots[this.#next % RING] !== NONE) return 0
    return this.#ring.untilUs[this.#endOfGap(this.#ring.slots) % RING]!
  }

  /** The first number that is held. Looked for once a gap. */
  #endOfGap(slots: Int32Array): number {
    if (this.#gapEnd >= this.#next) return this.#gapEnd
    let number = this.#next
    while (slots[number % RING] === NONE) number += 1
    this.#gapEnd = number
    return number
  }
}

interface Ring {
  readonly slots: Int32Array
  readonly sentUs: Uint32Array
  readonly legs: Uint8Array
  readonly untilUs: Float64Array
}

function newRing(): Ring {
  return {
    slots: new Int32Array(RING).fill(NONE),
    sentUs: new Uint32Array(RING),
    legs: new Uint8Array(RING),
    untilUs: new Float64Array(RING),
  }
}

const TWO_TO_THE_32 = 4_294_967_296
const NONE = -1
/** Packets of a flow from the first gap on: 100 ms of 1,400 bytes at 230 Mbit/s. As far as duplicates are told. */
export const RING = WINDOW
