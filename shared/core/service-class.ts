/**
 * What a connection wants of the lines, by the class that the operator's rules put it in.
 *
 *                ATSSS (TS 24.193)   Apple        both well    DSL degraded   DSL full     DSL dead   LTE dead
 *   overflow     priority-based                   DSL, LTE     DSL, LTE       DSL + LTE    LTE        DSL
 *   aggregate    load balancing      aggregate    DSL + LTE *  DSL + LTE *    DSL + LTE *  LTE        DSL
 *   handover     active-standby      handover     DSL          DSL, LTE       DSL, LTE **  LTE        DSL
 *   interactive  smallest delay      interactive  DSL, LTE     LTE, DSL **    LTE, DSL **  LTE        DSL
 *   dsl-only                                      DSL          DSL            DSL          nothing    DSL
 *   lte-only                                      LTE          LTE            LTE          LTE        nothing
 *   bypass       not bonded: straight out, by the leg that unbonded traffic takes
 *
 *   + both carry   , the second is joined and waits   * once the connection has carried 64 KiB
 *   ** when its queue makes it slow (probe-quality.ts), or slower than LTE (quicker-leg.ts)
 *
 * DSL is degraded for `handover` when it is slow, lossy, suspected or dead, and was within the last 10 s
 * (second-leg.ts).
 */

import type { LegName } from './leg.ts'

/** A class is its place in this list where only a number fits. */
export const SERVICE_CLASSES = [
  'overflow',
  'aggregate',
  'handover',
  'dsl-only',
  'lte-only',
  'bypass',
  'interactive',
] as const
export type ServiceClass = (typeof SERVICE_CLASSES)[number]

/** What the quality of the legs means for connections now (probe-quality.ts). */
export interface LegsNow {
  /** Where the smallest delay is. */
  readonly quicker: LegName
  /** DSL is not well: what stands by on it alone has a second leg built. */
  readonly secondLeg: boolean
}

export const ALL_WELL: LegsNow = { quicker: 'dsl', secondLeg: false }

/** The lines that connections of this class may use, the one that shall carry first. */
export function linesOf(serviceClass: ServiceClass, quicker: LegName = 'dsl'): readonly LegName[] {
  switch (serviceClass) {
    case 'interactive':
      return quicker === 'lte' ? ['lte', 'dsl'] : ['dsl', 'lte']
    case 'dsl-only':
      return ['dsl']
    case 'lte-only':
      return ['lte']
    default:
      return ['dsl', 'lte']
  }
}

/** A second line that would only wait: joined ahead, not at all, or as is the rule of the home. */
export function waitingOf(
  serviceClass: ServiceClass,
  { secondLeg }: LegsNow,
): 'ahead' | 'none' | undefined {
  switch (serviceClass) {
    case 'interactive':
      return 'ahead'
    case 'handover':
      return secondLeg ? 'ahead' : 'none'
    default:
      return undefined
  }
}

/** Both lines carry, where both are up. `engaged`: LTE helps this connection (helped-flows.ts). */
export function isHelped(serviceClass: ServiceClass, bulk: boolean, engaged: boolean): boolean {
  switch (serviceClass) {
    case 'overflow':
      return engaged
    case 'aggregate':
      return bulk
    default:
      return false
  }
}
