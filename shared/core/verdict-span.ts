/**
 * The verdict on an evening from those on its intervals: what limited it most often, while somebody wanted more.
 *
 *    met met CAP CAP met CAP full CAP met      four of nine: lte-cap; an evening is seldom full from end to end
 */
import { causeOf, type Verdict } from './verdict.ts'

export interface SpanVerdict extends Verdict {
  /** Of the intervals, those with this very limit. */
  readonly share: number
}

/** undefined of no interval. */
export function overSpan(verdicts: readonly Verdict[]): SpanVerdict | undefined {
  const limited = verdicts.filter(({ limit }) => causeOf(limit) !== 'demand')
  const told = limited.length >= LIMITED * verdicts.length ? limited : verdicts
  const causes = byCount(told.map(({ limit }) => causeOf(limit)))
  const ofCause = told.filter(({ limit }) => causeOf(limit) === causes)
  const limit = byCount(ofCause.map((verdict) => verdict.limit))
  const these = ofCause.filter((verdict) => verdict.limit === limit)
  const [first] = these
  if (first === undefined || limit === undefined) return undefined
  const carried = meanOf(these.map((verdict) => verdict.carried))
  const known = these.flatMap((verdict) => verdict.allowed ?? [])
  const efficiencies = these.flatMap((verdict) => verdict.efficiency ?? [])
  return {
    limit,
    direction: byCount(these.map(({ direction }) => direction)) ?? first.direction,
    carried,
    allowed: known.length === 0 ? undefined : meanOf(known),
    efficiency: efficiencies.length === 0 ? undefined : meanOf(efficiencies),
    share: these.length / verdicts.length,
  }
}

/** The most frequent; of equals the one that came first. */
function byCount<T extends string>(values: readonly T[]): T | undefined {
  const counts = new Map<T, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  let most: T | undefined
  for (const [value, count] of counts) {
    if (most === undefined || count > (counts.get(most) ?? 0)) most = value
  }
  return most
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** From this share of intervals on in which something other than demand limited, that is what is told. */
const LIMITED = 0.2
