/**
 * What a connection wants of the lines, by the class that the operator's rules put it in.
 *
 *               ATSSS (TS 24.193)   Apple       both lines up   DSL full      DSL dead   LTE dead
 *   overflow    priority-based                  DSL, LTE        DSL + LTE     LTE        DSL
 *   aggregate   load balancing      aggregate   DSL + LTE *     DSL + LTE *   LTE        DSL
 *   handover    active-standby      handover    DSL, LTE        DSL, LTE      LTE        DSL
 *   dsl-only                                    DSL             DSL           nothing    DSL
 *   lte-only                                    LTE             LTE           LTE        nothing
 *   bypass      not bonded: straight out, by the leg that unbonded traffic takes
 *
 *   + both carry   , the second is joined and waits   * once the connection has carried 64 KiB
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
] as const
export type ServiceClass = (typeof SERVICE_CLASSES)[number]

/** The lines that connections of this class may use. */
export function linesOf(serviceClass: ServiceClass): readonly LegName[] {
  switch (serviceClass) {
    case 'dsl-only':
      return ['dsl']
    case 'lte-only':
      return ['lte']
    default:
      return ['dsl', 'lte']
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
