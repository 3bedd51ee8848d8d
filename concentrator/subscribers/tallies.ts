/**
 * What each subscriber and each source has open and has asked for, over all data threads.
 *
 *   row │ open │ pending │ waiting │ pooled │ asked │ answered no │ ...      64 bytes, one cache line
 *
 * Every thread adds and takes away with atomic instructions, so no thread waits for another. The two
 * buckets are cells of core/token-bucket.ts.
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

export const Bucket = { requests: 4, errors: 5 } as const
export type Bucket = (typeof Bucket)[keyof typeof Bucket]

export class Tallies {
  readonly memory: SharedArrayBuffer
  readonly cells: Int32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.cells = new Int32Array(memory)
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
    const at = row * TALLY_CELLS + bucket
    for (;;) {
      const before = Atomics.load(this.cells, at)
      const after = spendToken(before, perSecond, nowTicks)
      if (after === undefined) return false
      // Another thread was quicker: look again. One of the two always gets on.
      if (Atomics.compareExchange(this.cells, at, before, after) === before) return true
    }
  }
}

/** A whole cache line: what one home does must not slow down its neighbours' counting. */
export const TALLY_CELLS = 16
