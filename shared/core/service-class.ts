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

import type { Prefix } from '../wire/address.ts'
import { prefixContains } from '../wire/address.ts'
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

/** What puts a connection into a class. Empty lists: any. */
export interface ClassRule {
  readonly class: ServiceClass
  readonly to: readonly Prefix[]
  readonly ports: ReadonlyArray<{ readonly from: number; readonly to: number }>
}

/** Which connections are in which class. */
export interface ClassPolicy {
  /** Of what no rule fits. */
  readonly default: ServiceClass
  readonly rules: readonly ClassRule[]
}

/** The class of the first rule that fits. */
export function classOf(
  policy: ClassPolicy,
  { address, port }: { readonly address: Uint8Array; readonly port: number },
): ServiceClass {
  for (const rule of policy.rules) {
    const there = rule.to.length === 0 || rule.to.some((prefix) => prefixContains(prefix, address))
    const asked = rule.ports.length === 0 || rule.ports.some((r) => r.from <= port && port <= r.to)
    if (there && asked) return rule.class
  }
  return policy.default
}
