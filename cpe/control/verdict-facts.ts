/**
 * What limits the home, for whoever looks at it here: now, and over the last five minutes.
 */
import type { Verdict } from '../../shared/core/verdict.ts'
import { HOUSEHOLD_ENGLISH } from '../../shared/core/verdict-household.ts'
import { sentenceFor } from '../../shared/core/verdict-words.ts'
import type { JudgedInterval, Verdicts } from './verdicts.ts'

export interface VerdictFacts {
  /** undefined before the first interval is over. */
  readonly verdict:
    | (Verdict & { readonly sentence: string; readonly household: string; readonly atMs: number })
    | undefined
  /** What it was judged from. */
  readonly verdictFrom: Pick<JudgedInterval, 'home' | 'street'> | undefined
  readonly verdictOfFiveMinutes: Verdict | undefined
}

export function verdictFacts(verdicts: Pick<Verdicts, 'now' | 'over'>): VerdictFacts {
  const { now } = verdicts
  return {
    verdict: now && {
      ...now.verdict,
      sentence: sentenceFor(now.verdict, now.home, now.street),
      household: HOUSEHOLD_ENGLISH[now.verdict.limit],
      atMs: now.home.atMs,
    },
    verdictFrom: now && { home: now.home, street: now.street },
    verdictOfFiveMinutes: verdicts.over(FIVE_MINUTES_MS),
  }
}

const FIVE_MINUTES_MS = 300_000
