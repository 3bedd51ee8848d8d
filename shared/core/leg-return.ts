/**
 * The way back of a dead leg: it must answer twice, so that one lucky packet does not call 200 connections
 * onto a line that is still broken.
 */
import { SPACING_MS } from './leg-question.ts'

/** Answers that make a dead leg live. */
export const PROOFS_TO_RETURN = 2

export class LegReturn {
  readonly #deadSinceMs: number
  #proofs = 0

  constructor(nowMs: number) {
    this.#deadSinceMs = nowMs
  }

  get proven(): boolean {
    return this.#proofs >= PROOFS_TO_RETURN
  }

  /** An answer came. False when its probe is from before the verdict: the leg was late, not dead. */
  prove(sentMs: number): boolean {
    if (sentMs < this.#deadSinceMs) return false
    this.#proofs += 1
    return true
  }

  /** `waitedMs`: since the last probe. After one answer the next question follows at once. */
  wantsProbe(waitedMs: number, lastAnswered: boolean, nowMs: number): boolean {
    if (this.#proofs > 0 && lastAnswered && waitedMs >= SPACING_MS) return true
    return waitedMs >= returnPaceMs(nowMs - this.#deadSinceMs)
  }
}

/** Between the probes to a leg that has not answered for `lostMs`. */
export function returnPaceMs(lostMs: number): number {
  return lostMs < SOON_MS ? PACE_MS_MIN : PACE_MS_MAX
}

const PACE_MS_MIN = 200
const PACE_MS_MAX = 500
const SOON_MS = 10_000
