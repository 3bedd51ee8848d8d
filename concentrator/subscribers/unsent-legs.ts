/**
 * Which legs of which homes leave more unsent than they take, in memory that the data threads write and the main
 * thread reads: when that was last found, in milliseconds of the clock that all threads share.
 *
 *    cell 2 * subscriber + leg - 1: the time, never 0; 0: never
 */
import { isLegNumber, LEGS, legCellOf } from '../../shared/core/leg.ts'
import { UNSENT_MS } from '../../shared/core/send-queue.ts'

export class UnsentLegs {
  readonly memory: SharedArrayBuffer
  readonly #cells: Uint32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Uint32Array(memory)
  }

  static create(subscribers: number): UnsentLegs {
    return new UnsentLegs(
      new SharedArrayBuffer(subscribers * LEGS.length * Uint32Array.BYTES_PER_ELEMENT),
    )
  }

  /** Data threads: a download of that home leaves more unsent than its leg, by LEG_NUMBER, takes. */
  note(subscriber: number, leg: number, sharedMs: number): void {
    if (isLegNumber(leg)) Atomics.store(this.#cells, legCellOf(subscriber, leg), stampOf(sharedMs))
  }

  /** Main thread: it was so a moment ago. */
  has(subscriber: number, leg: number, sharedMs: number): boolean {
    const at = isLegNumber(leg) ? Atomics.load(this.#cells, legCellOf(subscriber, leg)) : 0
    return at !== 0 && (stampOf(sharedMs) - at) >>> 0 < UNSENT_MS
  }
}

/** Odd, and so never 0: of two milliseconds one is told. It begins anew every 50 days. */
function stampOf(sharedMs: number): number {
  return (Math.floor(sharedMs) | 1) >>> 0
}
