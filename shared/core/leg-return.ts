/**
 * The way back of a dead leg: it must answer twice, so that one lucky packet does not call 200 connections
 * onto a line that is still broken; and one that flaps must go on answering for a while (hold-down.ts).
 *
 *          asked          twice, or for holdMs
 *    lost ──────▶ answers ────────────────────▶ proven
 *                  ▲   │
 *                  └───┘ a pause of STEADY_GAP_MS: the while begins anew
 *
 * The longer it has been lost, the less often it is asked: a leg that pays for each byte is found again
 * late by a hundredth of the time that it was away.
 */
import { HoldDown } from './hold-down.ts'
import { SPACING_MS } from './leg-question.ts'

/** Answers that make a dead leg live. */
export const PROOFS_TO_RETURN = 2

export class LegReturn {
  readonly #paceMsMax: number
  readonly #hold = new HoldDown()
  #deadSinceMs = -Infinity
  #askedFromMs = -Infinity
  #proofs = 0
  #steadySinceMs = Infinity
  #provedMs = -Infinity

  /** `paceMsMax`: between the probes to a leg that stays lost, at most. */
  constructor(paceMsMax: number) {
    this.#paceMsMax = paceMsMax
  }

  /** How long it must answer without a pause. */
  get holdMs(): number {
    return this.#hold.holdMs
  }

  /** Failures in a row, none of them after a calm time. */
  get failures(): number {
    return this.#hold.failures
  }

  /** It is lost from now on; `used`: it was in use until now. */
  lost(used: boolean, nowMs: number): void {
    if (used) this.#hold.failed(nowMs)
    this.#deadSinceMs = nowMs
    this.#askedFromMs = nowMs
    this.#proofs = 0
    this.#provedMs = -Infinity
  }

  /** It is in use from now on. */
  back(nowMs: number): void {
    this.#hold.up(nowMs)
  }

  /** It has answered as often, and for as long, as it takes. */
  proven(nowMs: number): boolean {
    return this.answers(nowMs) && nowMs - this.#steadySinceMs >= this.holdMs
  }

  /** It has answered often enough, and a moment ago. */
  answers(nowMs: number): boolean {
    return this.#proofs >= PROOFS_TO_RETURN && nowMs - this.#provedMs <= STEADY_GAP_MS
  }

  /** An answer came. False when its probe is from before the verdict: the leg was late, not dead. */
  prove(sentMs: number, nowMs: number): boolean {
    if (sentMs < this.#deadSinceMs) return false
    if (nowMs - this.#provedMs > STEADY_GAP_MS) {
      this.#steadySinceMs = nowMs
      this.hurry(nowMs)
    }
    this.#provedMs = nowMs
    this.#proofs += 1
    return true
  }

  /** There is reason to ask often: ask as if it had been lost now. */
  hurry(nowMs: number): void {
    this.#askedFromMs = nowMs
  }

  /** `waitedMs`: since the last probe. After one answer the next question follows at once. */
  wantsProbe(waitedMs: number, lastAnswered: boolean, nowMs: number): boolean {
    if (this.answers(nowMs)) return waitedMs >= STEADY_PACE_MS
    if (this.#proofs > 0 && lastAnswered && waitedMs >= SPACING_MS) return true
    return waitedMs >= returnPaceMs(nowMs - this.#askedFromMs, this.#paceMsMax)
  }
}

/** Between the probes to a leg that has not answered for `lostMs`. */
export function returnPaceMs(lostMs: number, paceMsMax: number): number {
  if (lostMs < SOON_MS) return PACE_MS_SOON
  return Math.max(PACE_MS_MIN, Math.min(lostMs * PACE_SHARE, paceMsMax))
}

const PACE_MS_SOON = 200
const SOON_MS = 10_000
const PACE_MS_MIN = 500
const PACE_SHARE = 0.01
/** While it is held it is asked so often, and three answers in a row may be lost. */
const STEADY_PACE_MS = 250
const STEADY_GAP_MS = 1_000
