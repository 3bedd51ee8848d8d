/**
 * How many warm connections a home should hold (ADR 0005).
 *
 * As many as the busiest second of the recent past asked for, twice over, for they are spent faster
 * than two round trips can replace them; one when nothing happens. A page that opens 8 connections
 * finds them warm the second time.
 *
 *    arrivals    ▁ ▁ ▆ █ ▂ ▁ ▁ ▁ ▁ ▁ ▁ ▁ ▁
 *    size wanted ▁ ▁ ▆ █ █ █ █ █ █ █ ▁ ▁ ▁     held for MEMORY_S, then forgotten
 */

/** What a pool remembers of its home. Plain numbers; the caller keeps it and passes it back. */
export interface Arrivals {
  /** The second being counted, and how many came in it. */
  second: number
  count: number
  /** The busiest second that is still remembered, and which it was. */
  peak: number
  peakSecond: number
}

export function noArrivals(): Arrivals {
  return { second: 0, count: 0, peak: 0, peakSecond: 0 }
}

/** A new connection wants an uplink. */
export function arrived(arrivals: Arrivals, nowMs: number): void {
  const second = Math.floor(nowMs / 1_000)
  if (second !== arrivals.second) {
    arrivals.second = second
    arrivals.count = 0
  }
  arrivals.count++
  if (arrivals.count >= arrivals.peak || second - arrivals.peakSecond > MEMORY_S) {
    arrivals.peak = arrivals.count
    arrivals.peakSecond = second
  }
}

/** Warm connections to hold now, `sizeMin` to `sizeMax`. */
export function poolSize(
  arrivals: Arrivals,
  nowMs: number,
  sizeMin: number,
  sizeMax: number,
): number {
  const second = Math.floor(nowMs / 1_000)
  if (second - arrivals.peakSecond > MEMORY_S) return Math.min(sizeMin, sizeMax)
  return Math.min(Math.max(2 * arrivals.peak, sizeMin), sizeMax)
}

/** Seconds for which a busy second is remembered. */
const MEMORY_S = 60
