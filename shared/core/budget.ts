/**
 * A month's LTE, paced: who is ahead of the plan waits longer for LTE, who has spent it all has it only
 * when DSL is dead.
 *
 *     spent of the month                        ┌─ spent: LTE stands by
 *     100 % ┤                              ...▄▟
 *           │                    ▄▄▄▄▟▀▀▀▀▀            ▄ spent   ─ plan
 *           │            ▄▄▟▀▀▀▀      ── ahead of plan by so much: pressure 0 to 1
 *           │   ─────────────────
 *         0 └───────────────────────────────▶ the subscriber's month, from resetDay, in UTC
 */

export interface BudgetPlan {
  readonly monthlyBytes: number
  /** 1 to 28: the day on which the month begins. */
  readonly resetDay: number
}

export interface Budget {
  /** 0: within the plan, 1: far ahead of it. */
  readonly pressure: number
  /** Of the month's bytes, spent beyond what the plan has for this hour. */
  readonly aheadPercent: number
  readonly spent: boolean
}

/** Nobody counts. */
export const UNLIMITED: Budget = { pressure: 0, aheadPercent: 0, spent: false }

/** When the month of the plan that `dateMs` lies in begins and ends. Dates in milliseconds since 1970. */
export function monthOf(resetDay: number, dateMs: number): { startMs: number; endMs: number } {
  const date = new Date(dateMs)
  const back = date.getUTCDate() < resetDay ? 1 : 0
  const month = date.getUTCMonth() - back
  const begin = (months: number) => Date.UTC(date.getUTCFullYear(), month + months, resetDay)
  return { startMs: begin(0), endMs: begin(1) }
}

/** Where `spentBytes` of this month stand at `dateMs`. */
export function judgeBudget(plan: BudgetPlan, spentBytes: number, dateMs: number): Budget {
  const { startMs, endMs } = monthOf(plan.resetDay, dateMs)
  const planned = (dateMs - startMs) / (endMs - startMs)
  const share = spentBytes / plan.monthlyBytes
  const ahead = share - planned
  return {
    pressure: Math.min(1, Math.max(0, (ahead - AHEAD_FREE) / (AHEAD_MOST - AHEAD_FREE))),
    aheadPercent: Math.round(100 * ahead),
    spent: share >= 1,
  }
}

/** A month begins with something to spend. */
const AHEAD_FREE = 0.05
const AHEAD_MOST = 0.3
