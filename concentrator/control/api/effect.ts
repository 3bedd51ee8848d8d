/**
 * What a change would change, for whom: homes with the same change are told together.
 */
import { setImmediate } from 'node:timers/promises'
import { leavesOf } from '../../../shared/core/leaves.ts'
import type { EffectivePolicy, Home, Homes } from '../../subscribers/homes.ts'
import { DEFAULT_PLAN, type PlanBody } from '../../subscribers/records.ts'
import { Problem } from './problem.ts'

export interface KeyChange {
  readonly key: string
  /** Absent where nothing says it. */
  readonly from?: unknown
  readonly to?: unknown
}

export interface Effect {
  /** Whose policy would be another. */
  readonly homes: number
  readonly changes: ReadonlyArray<{
    readonly homes: number
    readonly examples: readonly string[]
    readonly keys: readonly KeyChange[]
  }>
}

/** Throws a Problem where the policy of some home would contradict itself. */
export async function effectOfPlan(
  homes: Homes,
  plan: string,
  body: PlanBody | undefined,
): Promise<Effect> {
  const changed = new Map([[plan, body ?? EMPTY]])
  return await effectOn(homes, homes.ids, (home) =>
    plan === DEFAULT_PLAN || home.plan === plan
      ? agreed(homes.policyFrom(homes.layersOf(home, changed)), home.id)
      : undefined,
  )
}

export async function effectOfHome(homes: Homes, after: ChangedHome): Promise<Effect> {
  const policy = agreedPolicy(homes, after)
  return await effectOn(homes, [after.id], () => policy)
}

/** What would apply to it; throws a Problem where that would contradict itself. */
export function agreedPolicy(homes: Homes, after: ChangedHome): EffectivePolicy {
  return agreed(homes.policyFrom(homes.layersOf(after)), after.id)
}

type ChangedHome = Pick<Home, 'id' | 'plan' | 'policy'>

/** `policyAfter` is undefined where nothing is changed. */
async function effectOn(
  homes: Homes,
  ids: readonly string[],
  policyAfter: (home: Home) => EffectivePolicy | undefined,
): Promise<Effect> {
  const groups = new Map<string, { homes: number; examples: string[]; keys: KeyChange[] }>()
  let count = 0
  for (const [i, id] of ids.entries()) {
    // Others have their turn in between: there may be tens of thousands.
    if (i % HOMES_AT_ONCE === HOMES_AT_ONCE - 1) await setImmediate()
    const home = homes.home(id)
    const after = home && policyAfter(home)
    if (home === undefined || after === undefined) continue
    const before = homes.policyFrom(homes.layersOf(home))
    if (after.revision === before.revision) continue
    count++
    const name = `${before.revision} ${after.revision}`
    const group = groups.get(name) ?? { homes: 0, examples: [], keys: keysBetween(before, after) }
    groups.set(name, group)
    group.homes++
    if (group.examples.length < EXAMPLES_MAX) group.examples.push(id)
  }
  const changes = [...groups.values()].toSorted((a, b) => b.homes - a.homes)
  return { homes: count, changes: changes.slice(0, GROUPS_MAX) }
}

function agreed(policy: EffectivePolicy, id: string): EffectivePolicy {
  if (policy.problems.length === 0) return policy
  throw new Problem(422, `The policy of ${id} would contradict itself`, {
    problems: policy.problems,
  })
}

function keysBetween(before: EffectivePolicy, after: EffectivePolicy): KeyChange[] {
  const from = leavesOf(before.document)
  const to = leavesOf(after.document)
  return [...new Set([...from.keys(), ...to.keys()])]
    .filter((key) => JSON.stringify(from.get(key)) !== JSON.stringify(to.get(key)))
    .map((key) => ({ key, from: from.get(key), to: to.get(key) }))
}

const EMPTY: PlanBody = { title: '', policy: {} }
const HOMES_AT_ONCE = 500
const EXAMPLES_MAX = 5
const GROUPS_MAX = 50
