/**
 * How the line is, as one of a few cases: each has one plain sentence in texts.ts.
 */
import type { LegName } from '../../../shared/core/leg.ts'

export const LINE_CASES = [
  'starting',
  'allDown',
  'unbonded',
  'onLteAlone',
  'lteRoams',
  'lteSpent',
  'onDslAlone',
  'lteHelps',
  'good',
] as const
export type LineCase = (typeof LINE_CASES)[number]

export interface LineFacts {
  readonly legs: Readonly<
    Record<LegName, { readonly state: 'unknown' | 'up' | 'suspect' | 'dead' }>
  >
  readonly concentrator: { readonly state: string }
  /** The leg that carries what is not bonded; undefined while none may. */
  readonly active: LegName | undefined
  readonly helps: boolean
  /** LTE may carry nothing, or no more than a dead DSL, and why. */
  readonly roams: boolean
  readonly spent: boolean
}

/** What matters most to whoever looks: first what does not work, then what is different from usual. */
export function lineCase({ legs, concentrator, active, helps, roams, spent }: LineFacts): LineCase {
  const works = (leg: LegName) => legs[leg].state === 'up' || legs[leg].state === 'suspect'
  const dead = (leg: LegName) => legs[leg].state === 'dead'
  if (dead('dsl') && dead('lte')) return 'allDown'
  if (concentrator.state === 'unreachable') return active === undefined ? 'allDown' : 'unbonded'
  if (!works('dsl') && !works('lte')) return 'starting'
  if (dead('dsl')) return 'onLteAlone'
  if (roams) return 'lteRoams'
  if (spent) return 'lteSpent'
  if (dead('lte')) return 'onDslAlone'
  return helps ? 'lteHelps' : 'good'
}
