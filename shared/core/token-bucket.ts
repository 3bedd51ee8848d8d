/**
 * How often somebody may do something: a bucket of tokens that refills steadily, kept in one number.
 *
 *     the cell says when the bucket will be full again
 *     ──────────┬──────────────────┬───────────────▶ time
 *              now              full at              one token more is spent when full-at stays
 *               └─ what is missing ┘                 within a bucket's time from now
 *
 * One number means that several threads can share a bucket with a single compare-and-swap. It is a 32-bit
 * count of ticks that wraps every 12 hours; a bucket that nobody touched for so long reads as full, or for
 * a moment as less than full, never as closed. Time is an argument.
 */

/**
 * The cell after one token was spent, or undefined when the bucket is empty. A new cell is 0. The bucket
 * holds what `perSecond` gives in BUCKET_S.
 */
export function spendToken(cell: number, perSecond: number, nowTicks: number): number | undefined {
  const cost = Math.max(1, Math.round(TICKS_PER_S / perSecond))
  const missing = (cell - nowTicks) | 0
  // Full long ago, or a cell from before the count wrapped. A thread's clock may be a little behind that of
  // the one which wrote the cell, and then more than a bucket seems to be missing.
  const spent = missing < 0 || missing > BUCKET_TICKS + LAG_TICKS_MAX ? 0 : missing
  return spent + cost > BUCKET_TICKS ? undefined : (nowTicks + spent + cost) | 0
}

/** Ticks of a clock in milliseconds. */
export function ticksAt(nowMs: number): number {
  return Math.floor((nowMs * TICKS_PER_S) / 1_000) | 0
}

const TICKS_PER_S = 100_000
/** A second's worth may be spent at once, and another beside it. */
const BUCKET_S = 2
const BUCKET_TICKS = BUCKET_S * TICKS_PER_S
/** A minute: no thread's round takes so long. */
const LAG_TICKS_MAX = 60 * TICKS_PER_S
