/**
 * The connections that the data threads publish, and what becomes of them on their way to the judges.
 */
import type { DslFirst } from '../../shared/core/dsl-first.ts'
import type { CarryingFlow } from '../../shared/core/helped-flows.ts'
import { isHelped, type LegsNow, type ServiceClass } from '../../shared/core/service-class.ts'
import type { FlowConnection } from './path-manager.ts'

/** A connection as the data threads publish it. */
export type HouseFlow = CarryingFlow & Omit<FlowConnection, 'helped' | 'legsNow'>

/** Those that are asked whether LTE shall help them; the other classes have said already. */
export function* overflowing(flows: Iterable<HouseFlow>): Generator<CarryingFlow> {
  for (const flow of flows) if (flow.serviceClass === 'overflow') yield flow
}

/**
 * As the path manager sees them. `help` says whom LTE helps, and whom it must not touch; `spent`: it helps no other.
 * `guard`: what becomes of those that LTE has carried enough of.
 */
export function* marked(
  flows: Iterable<HouseFlow>,
  help: Pick<DslFirst, 'bars' | 'helps'>,
  spent: boolean,
  legsNow: LegsNow,
  guard: (token: number, serviceClass: ServiceClass) => 'free' | 'back' | 'reset',
): Generator<FlowConnection> {
  for (const { token, pooled, serviceClass: asked, bulk } of flows) {
    // One that is to be reset has DSL alone until it is.
    const kept = guard(token, asked) !== 'free' || (asked === 'overflow' && help.bars(token))
    const serviceClass = kept ? 'dsl-only' : asked
    const helped = isHelped(serviceClass, bulk && !spent, help.helps(token))
    yield { token, pooled, serviceClass, helped, legsNow }
  }
}
