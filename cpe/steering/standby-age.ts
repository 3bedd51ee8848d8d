/**
 * When the line that only stands by may join a connection: most live for a moment, and a join costs both
 * ends, and LTE, more than such a connection carries.
 */
import type { LegName } from '../../shared/core/leg.ts'
import type { LegUse } from '../../shared/core/subflows.ts'

/**
 * Its age counts while it has a line that is well; else it joins whatever is there at once. -Infinity: it may
 * already.
 */
export function standbyFromMs(
  standing: Iterable<{ readonly leg: LegName | undefined; readonly subflow: Since }>,
  uses: Readonly<Record<LegName, LegUse>>,
): number {
  let sinceMs = Infinity
  for (const { leg, subflow } of standing) {
    const isWell = leg !== undefined && uses[leg] === 'up'
    if (isWell) sinceMs = Math.min(sinceMs, subflow.sinceMs)
  }
  return sinceMs === Infinity ? -Infinity : sinceMs + STANDBY_AFTER_MS
}

interface Since {
  readonly sinceMs: number
}

/** A page's small answers are over by then; a leg that dies takes longer to be found dead. */
const STANDBY_AFTER_MS = 100
