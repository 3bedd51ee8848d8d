/**
 * The subflows that wait on LTE while DSL carries: who has one, and whether it still leads anywhere.
 */
import type { LegName } from '../../shared/core/leg.ts'
import {
  isForgotten,
  restsAtMs,
  type Standby,
  type StandbyPolicy,
  standbyOf,
} from '../../shared/core/standby.ts'
import type { Subflow, SubflowAction } from '../../shared/core/subflows.ts'
import type { KnownSubflow } from './connections.ts'
import type { PathLegs } from './path-legs.ts'
import type { Plan } from './plans.ts'

/** What the home is like now. */
export interface HomeNow {
  /** The LAN has opened a connection within the last minutes. */
  readonly active: boolean
  /** LTE was of use within the last hour. */
  readonly lteUsed: boolean
  readonly standby: StandbyPolicy
  /** After so long a silence LTE's carrier may have forgotten a mapping. */
  readonly natIdleMs: number
}

/** All that matters about it, as text. */
export function keyOfHome({ active, lteUsed, standby }: HomeNow): string {
  return `${active} ${lteUsed} ${standby}`
}

/** `lte`: the subflow that stands there. `needed`: its connection is another than before, or cannot do without. */
export function standbyFor(
  plan: Plan,
  lte: KnownSubflow | undefined,
  needed: boolean,
  { lteUsed, standby: policy, natIdleMs }: HomeNow,
  nowMs: number,
): Standby {
  if (needed) plan.rested = false
  const silentMs = lte && nowMs - lte.heardMs
  const standby = standbyOf(policy, { lteUsed, silentMs, rested: plan.rested }, natIdleMs)
  if (lte === undefined) return standby
  if (standby === 'none') plan.rested = true
  else if (!lteUsed) plan.againMs = Math.min(plan.againMs, restsAtMs(lte.heardMs, natIdleMs))
  return standby
}

/**
 * DSL is gone, or the connection's `first` line is LTE now, and what waited there has been silent for so long that
 * another shall take its place. What carries already is no standby any more.
 */
export function isDistrusted(
  { backup, heardMs }: KnownSubflow,
  first: LegName,
  { dsl, lte }: PathLegs,
  { natIdleMs }: HomeNow,
  nowMs: number,
): boolean {
  const carries = first === 'lte' || dsl.use === 'dead'
  if (!backup || !carries || lte.use !== 'up') return false
  return isForgotten(nowMs - heardMs, natIdleMs)
}

/** A subflow as the path manager judges it. */
export type StandingSubflow = Subflow & {
  /** Whose address it has. */
  readonly on: LegName | undefined
  readonly subflow: KnownSubflow
}

/** Its successor has its id: a removal that is told while that joins would end it too. */
export function awaitsSuccessor(
  action: SubflowAction<StandingSubflow>,
  have: readonly StandingSubflow[],
): boolean {
  if (action.do !== 'destroy' || action.subflow.leg !== undefined) return false
  const { on } = action.subflow
  return on !== undefined && !have.some(({ leg }) => leg === on)
}
