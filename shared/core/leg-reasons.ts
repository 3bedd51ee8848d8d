/**
 * Why a leg is in the state that it is in, in words with numbers.
 */
import type { LegName } from './leg.ts'
import type { LegQuestion } from './leg-question.ts'
import { type LegReturn, PROOFS_TO_RETURN } from './leg-return.ts'

/** Nothing came back; `deaf`: from the concentrator, while other bytes came in. */
export function unanswered(
  leg: LegName,
  { needed, owedSinceMs }: LegQuestion,
  why: 'silent' | 'deaf',
  nowMs: number,
): string {
  const ms = Math.round(nowMs - owedSinceMs)
  return `${leg}-down probe ${needed}/${needed} unanswered for ${ms} ms${DESPITE[why]}`
}

/** `back`: how a dead one came back; undefined when it was not dead. */
export function answered(leg: LegName, back: LegReturn | undefined, rttMs: number): string {
  const proofs = back === undefined ? '' : `${PROOFS_TO_RETURN}/${PROOFS_TO_RETURN} `
  const failures = back?.failures ?? 0
  const despite = failures > 1 ? ` after ${failures} failures` : ''
  return `${leg}-up probe ${proofs}answered in ${Math.round(rttMs)} ms${despite}`
}

/** It answers, but it flaps. */
export function held(leg: LegName, { holdMs, failures }: LegReturn): string {
  const seconds = Math.round(holdMs / 1_000)
  return `${leg}-down until it has answered for ${seconds} s, for it failed ${failures} times`
}

const DESPITE = { silent: '', deaf: ', though bytes come in' } as const
