/**
 * How often somebody may do something: a bucket of tokens that refills steadily, kept in one number.
 *
 *     the cell says when the bucket will be full again
 *     ──────────┬──────────────────┬───────────────▶ time
 *              now              full at              one token more is spent when full-at stays
 *               └─ what is missing ┘                 within a bucket's time from now
 *
 * One number means that several threads can share a bucket with a single compare-and-swap. It counts
 * ticks and never wraps (a double holds 2,800 years of them), so a bucket that nobody has touched for however long is
 * full, as one that nobody ever touched is, whose cell is 0. Time is an argument.
 */

/**
 * The cell after one token was spent, or undefined when the bucket is empty. The bucket holds what
 * `perSecond` gives in BUCKET_S.
 */
export function spendToken(cell: number, perSecond: number, nowTicks: number): number | undefined {
  const cost = Math.max(1, Math.round(TICKS_PER_S / perSecond))
  const fullAt = Math.max(cell, nowTicks) + cost
  return fullAt - nowTicks > BUCKET_TICKS ? undefined : fullAt
}

/** Ticks of a clock in milliseconds. */
export function ticksAt(nowMs: number): number {
  return Math.floor((nowMs * TICKS_PER_S) / 1_000)
}

const TICKS_PER_S = 100_000
/** A second's worth may be spent at once, and another beside it. */
const BUCKET_S = 2
const BUCKET_TICKS = BUCKET_S * TICKS_PER_S
