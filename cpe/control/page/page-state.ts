/**
 * What the page is told, once a second and on request: the agent writes it, the browser reads it.
 */

import type { MinuteRow } from '../../../shared/core/day-history.ts'
import type { HelpEpisode } from '../../../shared/core/help-episodes.ts'
import type { LegName } from '../../../shared/core/leg.ts'
import type { Limit } from '../../../shared/core/verdict.ts'
import type { LineCase } from './line-sentence.ts'

export interface PageState {
  /** Since 1970. */
  readonly atMs: number
  readonly line: LineCase
  /** What limits it now; undefined while nobody knows. */
  readonly limit?: Limit
  readonly legs: Readonly<Record<LegName, LegNow>>
  /** LTE helps now. */
  readonly helps: { readonly down: boolean; readonly up: boolean }
  /** Undefined where the month has no limit. */
  readonly budget?: BudgetNow
  /** Whoever knows the password may restart the agent. */
  readonly manageable: boolean
}

export type LegCondition = 'works' | 'down' | 'unknown' | 'barred'

export interface LegNow {
  readonly condition: LegCondition
  /** For how long it has been in that condition. */
  readonly sinceMs: number
  /** In the last second. */
  readonly downBitsPerS: number
  readonly upBitsPerS: number
  /** The last answer of the concentrator, and how old it is; undefined while there was none. */
  readonly rtt?: { readonly ms: number; readonly ageMs: number }
}

export interface BudgetNow {
  readonly usedBytes: number
  readonly monthlyBytes: number
  /** When the month ends. */
  readonly endMs: number
}

export interface PageHistory {
  readonly minutes: readonly MinuteRow[]
  readonly episodes: readonly HelpEpisode[]
}
