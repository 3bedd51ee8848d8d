/**
 * What another class does to a connection that runs.
 *
 *    from           to               what happens
 *    any bonded     dsl-only         DSL is joined where it is missing, then LTE's subflow is destroyed
 *    any bonded     lte-only         LTE is joined where it is missing, then DSL's subflow is destroyed
 *    any bonded     handover         DSL is joined where it is missing; LTE's subflow is destroyed while DSL is well
 *    any bonded     another bonded   the missing line is joined, and the backup flags are set as the class wants
 *    any bonded     bypass           it goes on bonded; reset, where that was asked for
 *    bypass         any              it goes on unbonded until it ends
 *
 * What a line carries is handed to the other by the kernel, so nothing is lost but with a reset.
 */
import type { ServiceClass } from './service-class.ts'

/**
 * Which connections another policy is for: those that begin from now on, those that run too, or those too and
 * with a reset for what must begin anew.
 */
export const POLICY_SCOPES = ['new', 'all', 'reset'] as const
export type PolicyScope = (typeof POLICY_SCOPES)[number]

/** Of a bonded connection: `move` leaves it to its subflows (subflows.ts). */
export function changeOf(
  before: ServiceClass,
  now: ServiceClass,
  scope: PolicyScope,
): 'keep' | 'move' | 'reset' {
  if (before === now || scope === 'new') return 'keep'
  if (now !== 'bypass') return 'move'
  return scope === 'reset' ? 'reset' : 'keep'
}
