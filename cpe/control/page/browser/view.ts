/**
 * All that the page shows, in one value; whatever changes it, the page is drawn anew from it.
 */
import type { LegName } from '../../../../shared/core/leg.ts'
import type { SpeedTestState } from '../../../../shared/core/speed-result.ts'
import type { PageHistory, PageState } from '../page-state.ts'

export interface View {
  readonly state: PageState | undefined
  /** The router answers. */
  readonly contact: boolean
  /** Of the last minute, the oldest first: bits a second downwards. */
  readonly lately: Readonly<Record<LegName, readonly number[]>>
  readonly history: PageHistory | undefined
  readonly test: SpeedTestState | undefined
  /** When the next may be started, by this telephone's clock; undefined where it was not asked for too often. */
  readonly testAgain: number | undefined
  readonly manage: ManageView
}

export interface ManageView {
  readonly busy: boolean
  /** What came of the last try. */
  readonly said: string
}

export const NOTHING: View = {
  state: undefined,
  contact: true,
  lately: { dsl: [], lte: [] },
  history: undefined,
  test: undefined,
  testAgain: undefined,
  manage: { busy: false, said: '' },
}

/** After one more second. */
export function withState(view: View, state: PageState): View {
  const add = (leg: LegName) =>
    [...view.lately[leg], state.legs[leg].downBitsPerS].slice(-SECONDS_SHOWN)
  return { ...view, state, contact: true, lately: { dsl: add('dsl'), lte: add('lte') } }
}

export const SECONDS_SHOWN = 60
