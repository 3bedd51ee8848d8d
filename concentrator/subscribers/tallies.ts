/**
 * What each subscriber and each source has open and has asked for, over all data threads.
 *
 *   row │ open │ pending │ waiting │ pooled │ asked for │ answered no │ ...      64 bytes, one cache line
 *                                           └─── 64 bits each ────────┘
 *
 * Every thread adds and takes away with atomic instructions, so no thread waits for another. The two
 * buckets are cells of core/token-bucket.ts, which 32 bits cannot hold for longer than half a day.
 */
import { spendToken } from '../../shared/core/token-bucket.ts'

/** Cells of a row. What is `taken` must be given back. */
export const Held = {
  /** Connections that have said who they are. */
  open: 0,
  /** Of these, those whose server has not answered yet. */
  pending: 1,
  /** Connections of a source that have shown no valid cookie. */
  waiting: 2,
  /** Warm ones. */
  pooled: 3,
} as const
export type Held = (typeof Held)[keyof typeof Held]

/** Cells of a row, counted by 64 bits. */
export const Bucket = { requests: 2, errors: 3 } as const
export type Bucket = (typeof Bucket)[keyof typeof Bucket]

export class Tallies {
  readonly memory: SharedArrayBuffer
  readonly cells: Int32Array
  readonly #buckets: BigInt64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.cells = new Int32Array(memory)
    this.#buckets = new BigInt64Array(memory)
  }

  static create(rows: number): Tallies {
    return new Tallies(new SharedArrayBuffer(rows * TALLY_CELLS * 4))
  }

  /** One more, unless `max` are held already. */
  take(row: number, what: Held, max: number): boolean {
    const at = row * TALLY_CELLS + what
    // Add first and look afterwards: two threads that take the last one at once both see too many.
    if (Atomics.add(this.cells, at, 1) < max) return true
    Atomics.sub(this.cells, at, 1)
    return false
  }

  give(row: number, what: Held): void {
    Atomics.sub(this.cells, row * TALLY_CELLS + what, 1)
  }

  held(row: number, what: Held): number {
    return Atomics.load(this.cells, row * TALLY_CELLS + what)
  }

  /** One token, or false when the bucket is empty. */
  spend(row: number, bucket: Bucket, perSecond: number, nowTicks: number): boolean {
    const at = (row * TALLY_CELLS) / 2 + bucket
    for (;;) {
      const before = Atomics.load(this.#buckets, at)
      const after = spendToken(Number(before), perSecond, nowTicks)
      if (after === undefined) return false
      // Another thread was quicker: look again. One of the two always gets on.
      if (Atomics.compareExchange(this.#buckets, at, before, BigInt(after)) === before) return true
    }
  }

  /** Both buckets are full, as for somebody new. */
  refill(row: number): void {
    for (const bucket of [Bucket.requests, Bucket.errors]) {
      Atomics.store(this.#buckets, (row * TALLY_CELLS) / 2 + bucket, 0n)
    }
  }
}

/** A whole cache line: what one home does must not slow down its neighbours' counting. */
export const TALLY_CELLS = 16
