/**
 * The number of a probe says when it was made, so that the concentrator can tell a probe that comes now
 * from one that somebody has kept: Unix time, in 1,024ths of a millisecond.
 *
 *     │ 0 (11 bits) │ milliseconds since 1970 (43 bits) │ count within one (10 bits) │
 *
 * It goes on above what it was before a restart, for time does.
 */

/** Greater than `last`, the one before on any leg, unless the clock was put back by a minute or more. */
export function nextProbeNumber(last: number, unixMs: number): number {
  const stamp = Math.floor(unixMs) * PER_MS
  const isPutBack = last - stamp > CLOCK_BACK_MS_MAX * PER_MS
  return stamp > last || isPutBack ? stamp : last + 1
}

export function probeUnixMs(number: number): number {
  return Math.floor(number / PER_MS)
}

/** Until 2248 the product is exact; Linux lets no clock be set beyond 2232. */
const PER_MS = 1_024
/** Above how long a probe may be waited for, so that no two open ones have one number. */
const CLOCK_BACK_MS_MAX = 60_000
