/**
 * Everything that is known about the legs now, in one place, for whoever shows or reports it. Read-only, and nothing
 * in it was not measured.
 */
import type { LegName } from '../../shared/core/leg.ts'
import type { HouseCounters } from '../data/room.ts'
import type { JoinCounts, PathCounts } from './path-counts.ts'
import type { LegReport } from './watched-leg.ts'

/** How a leg treats MPTCP, since the agent began. */
export interface Hostility extends JoinCounts {
  /** Connections that began on it and became plain TCP. */
  readonly fallbacks: number
  /** How often new connections were kept off it for a while, for it gave no answer or an alien one. */
  readonly avoided: number
}

export type LegFactSheet = LegReport & {
  readonly hostility: Hostility
  /** What DSL carries, configured or learnt when it was full. Of LTE only the most of late is known. */
  readonly capacity: LineCapacity | undefined
}

export type LineCapacity = Readonly<Record<'down' | 'up', number | undefined>>

export function factSheets(
  legs: Readonly<Record<LegName, LegReport>>,
  dslCapacity: LineCapacity,
  paths: Pick<PathCounts, 'joins'>,
  counters: Pick<HouseCounters, 'read'>,
): Record<LegName, LegFactSheet> {
  const sheet = (
    leg: LegName,
    fallbacks: 'fallbacksDsl' | 'fallbacksLte',
    marks: 'marksDsl' | 'marksLte',
  ): LegFactSheet => ({
    ...legs[leg],
    capacity: leg === 'dsl' ? dslCapacity : undefined,
    hostility: {
      ...paths.joins[leg],
      fallbacks: counters.read(fallbacks),
      avoided: counters.read(marks),
    },
  })
  return {
    dsl: sheet('dsl', 'fallbacksDsl', 'marksDsl'),
    lte: sheet('lte', 'fallbacksLte', 'marksLte'),
  }
}
