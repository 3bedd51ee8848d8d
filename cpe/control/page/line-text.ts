/**
 * The sentence that the page begins with. What does not work comes first; where all works, what limits the line is
 * said, if something does that somebody might feel.
 */
import type { Limit } from '../../../shared/core/verdict.ts'
import type { PageState } from './page-state.ts'
import { type LineText, TEXTS } from './texts.ts'

export function lineText({ line, limit }: Pick<PageState, 'limit' | 'line'>): LineText {
  const calm = line === 'good' || line === 'lteHelps'
  if (!calm || limit === undefined || PASSED_OVER.includes(limit)) return TEXTS.line[line]
  const tone = FELT.some((kind) => limit.startsWith(kind)) ? 'notice' : 'good'
  return { tone, sentence: TEXTS.limits[limit], advice: '' }
}

/** Nothing to be said, or of a minute ago: the case of the line knows better. */
const PASSED_OVER: readonly Limit[] = [
  'demand/idle',
  'demand/met',
  'demand/tested',
  'dsl-sync/down',
  'concentrator/away',
]
/** Somebody could do something about these. */
const FELT = ['lte-budget/', 'cell/', 'lossy-leg/', 'window/', 'stripped/', 'cpe-', 'concentrator/']
