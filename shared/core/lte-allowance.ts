/**
 * What LTE may do now: by the month's budget, and by whether it is at home in its network.
 *
 *     roaming, and roaming is denied           carries nothing
 *     the month is spent     off               carries nothing
 *                            standby           carries only while DSL is dead
 *                            throttle          helps as before, at throttleMbps upwards
 *     otherwise                                helps, the later the further ahead of the plan
 */
import type { Budget } from './budget.ts'

export const AT_CAP = ['standby', 'throttle', 'off'] as const

export interface AllowancePolicy {
  /** What happens when the month is spent. */
  readonly atCap: (typeof AT_CAP)[number]
  readonly throttleMbps: number
  readonly roaming: 'deny' | 'allow'
}

export interface LteAllowance {
  /** Why LTE may carry nothing; undefined while it may. */
  readonly barred: string | undefined
  /** What it is slowed down to; undefined: it is not. */
  readonly throttleMbps: number | undefined
  /** As overflow shall judge. */
  readonly budget: Budget
}

export function allowLte(policy: AllowancePolicy, budget: Budget, roaming: boolean): LteAllowance {
  const free = { barred: undefined, throttleMbps: undefined, budget }
  if (roaming && policy.roaming === 'deny') return { ...free, barred: 'roaming' }
  if (!budget.spent) return free
  switch (policy.atCap) {
    case 'off':
      return { ...free, barred: 'budget spent' }
    case 'standby':
      return free
    case 'throttle':
      // It costs little now, so it may help; that it is late to is what pressure says.
      return { ...free, throttleMbps: policy.throttleMbps, budget: { ...budget, spent: false } }
  }
}
