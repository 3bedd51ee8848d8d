/**
 * What came of the path manager's commands, since it began.
 */
import type { LegName } from '../../shared/core/leg.ts'
import { errnoName } from '../../shared/linux/errors.ts'

/** Joins on one leg. A leg on which many fail lets no MPTCP pass. */
export interface JoinCounts {
  stood: number
  /** Left unanswered, reset, or refused by the kernel. */
  failed: number
}

export class PathCounts {
  created = 0
  joined = 0
  removed = 0
  /** Backup flags told, repetitions and all. */
  prioritised = 0
  resyncs = 0
  readonly joins: Readonly<Record<LegName, JoinCounts>> = {
    dsl: { stood: 0, failed: 0 },
    lte: { stood: 0, failed: 0 },
  }
  /** By errno name. */
  readonly refused = new Map<string, number>()

  /** The kernel would not; `result` is `-errno`. */
  refusedBy(result: number): void {
    const name = errnoName(result)
    this.refused.set(name, (this.refused.get(name) ?? 0) + 1)
  }
}
