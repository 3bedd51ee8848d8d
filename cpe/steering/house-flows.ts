/**
 * The connections that the data threads publish, and what becomes of them on their way to the judges.
 */
import type { CarryingFlow } from '../../shared/core/helped-flows.ts'
import { isHelped, type LegsNow, type ServiceClass } from '../../shared/core/service-class.ts'
import type { FlowConnection } from './path-manager.ts'

/** A connection as the data threads publish it. */
export type HouseFlow = CarryingFlow & Omit<FlowConnection, 'helped' | 'legsNow'>

/** Those that are asked whether LTE shall help them; the other classes have said already. */
export function* overflowing(flows: Iterable<HouseFlow>): Generator<CarryingFlow> {
  for (const flow of flows) if (flow.serviceClass === 'overflow') yield flow
}

/** As the path manager sees them. `engaged`: LTE helps the one of that token. `spent`: it helps no other. `guard`: what becomes of those that LTE has carried enough of. */
export function* marked(
  flows: Iterable<HouseFlow>,
  engaged: (token: number) => boolean,
  spent: boolean,
  legsNow: LegsNow,
  guard: (token: number, serviceClass: ServiceClass) => 'free' | 'back' | 'reset',
): Generator<FlowConnection> {
  for (const { token, pooled, serviceClass, bulk } of flows) {
    // One that is to be reset has DSL alone until it is.
    if (guard(token, serviceClass) !== 'free') {
      yield { token, pooled, serviceClass: 'dsl-only', helped: false, legsNow }
      continue
    }
    const helped = isHelped(serviceClass, bulk && !spent, engaged(token))
    yield { token, pooled, serviceClass, helped, legsNow }
  }
}
