/**
 * How the line is, as one of a few cases: each has one plain sentence in texts.ts.
 */
import type { LegName } from '../../../shared/core/leg.ts'

export const LINE_CASES = [
  'starting',
  'allDown',
  'dslDownLteRoams',
  'dslDownLteOff',
  'unbonded',
  'onLteAlone',
  'lteRoams',
  'lteSpent',
  'lteOff',
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
  /** LTE may carry nothing: it is in a foreign network, or the month is spent. */
  readonly barred: 'roams' | 'spent' | undefined
  /** The month is spent. */
  readonly spent: boolean
}

/** What matters most to whoever looks: first what does not work, then what is different from usual. */
export function lineCase({
  legs,
  concentrator,
  active,
  helps,
  barred,
  spent,
}: LineFacts): LineCase {
  const works = (leg: LegName) => legs[leg].state === 'up' || legs[leg].state === 'suspect'
  const dead = (leg: LegName) => legs[leg].state === 'dead'
  if (dead('dsl') && dead('lte')) {
    if (barred === undefined) return 'allDown'
    return barred === 'roams' ? 'dslDownLteRoams' : 'dslDownLteOff'
  }
  if (concentrator.state === 'unreachable') return active === undefined ? 'allDown' : 'unbonded'
  if (!works('dsl') && !works('lte')) return 'starting'
  if (dead('dsl')) return 'onLteAlone'
  if (barred !== undefined) return barred === 'roams' ? 'lteRoams' : 'lteOff'
  if (spent) return 'lteSpent'
  if (dead('lte')) return 'onDslAlone'
  return helps ? 'lteHelps' : 'good'
}
