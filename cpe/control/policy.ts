/**
 * The home's policy as it is now, and how another one takes its place while flows run.
 *
 *    reload.ts: SIGHUP, the file again ──▶ apply ─┬─▶ steering: when LTE helps, and what it may cost
 *                                                 ├─▶ house: what pooled connections are for
 *                                                 └─▶ data threads: which connections are in which class
 *
 * No flow is dropped by it. Each taker picks from the policy what it reads; none waits for another.
 */
import { isDeepStrictEqual } from 'node:util'
import { type Policy, policyOf } from '../../shared/config/policy.ts'
import type { PolicyScope } from '../../shared/core/class-change.ts'

/** Whoever reads a policy. */
export interface PolicyTaker {
  /** Judge by this from now on. */
  adopt(policy: Policy, flows: PolicyScope): void
}

export class LivePolicy {
  readonly #takers: readonly PolicyTaker[]
  #present: Policy

  /** `config`: what the takers have been started with. */
  constructor(config: Policy, takers: readonly PolicyTaker[]) {
    this.#present = policyOf(config)
    this.#takers = takers
  }

  get present(): Policy {
    return this.#present
  }

  /** Take `policy` in place of the present one. The keys that are different in it. */
  apply(policy: Policy, flows: PolicyScope): string[] {
    const next = policyOf(policy)
    const changed = (Object.keys(next) as (keyof Policy)[]).filter(
      (key) => !isDeepStrictEqual(next[key], this.#present[key]),
    )
    if (changed.length === 0 && flows === 'new') return changed
    this.#present = next
    for (const taker of this.#takers) taker.adopt(next, flows)
    return changed
  }
}
