/**
 * When a connection may try again to join on a leg.
 *
 * A join that is under way is not begun twice, for the kernel would open a second subflow beside the
 * first. One that the kernel refused, the peer left unanswered or somebody ended is tried again after a
 * pause that doubles.
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'

export class JoinTries {
  readonly #tries: Record<LegName, Try> = { dsl: FRESH, lte: FRESH }

  mayTry(leg: LegName, nowMs: number): boolean {
    return nowMs >= this.#tries[leg].notBeforeMs
  }

  /** When the next pause that lasts at `nowMs` is over; Infinity when none does. */
  againMs(nowMs: number): number {
    let againMs = Infinity
    for (const leg of LEGS) {
      const { notBeforeMs } = this.#tries[leg]
      if (notBeforeMs > nowMs) againMs = Math.min(againMs, notBeforeMs)
    }
    return againMs
  }

  /** The kernel has sent the SYN. */
  begun(leg: LegName, nowMs: number): void {
    const failures = this.#tries[leg].failures + 1
    this.#tries[leg] = { failures, notBeforeMs: nowMs + JOIN_MS_MAX, joining: true }
  }

  /** The kernel would not. */
  refused(leg: LegName, nowMs: number): void {
    this.#pause(leg, this.#tries[leg].failures + 1, nowMs)
  }

  /** A subflow is there. Its failures are not forgotten before it has lasted. */
  stands(leg: LegName): void {
    this.#tries[leg] = { ...this.#tries[leg], notBeforeMs: -Infinity, joining: false }
  }

  /**
   * A subflow ended, and not by us; `livedMs` is 0 for a join that never stood. What it was: a `join` that failed,
   * a `subflow` that stood, or `ours` to end.
   */
  ended(leg: LegName, livedMs: number, nowMs: number): 'join' | 'subflow' | 'ours' {
    const { failures, joining } = this.#tries[leg]
    // What we destroyed ourselves is reported too, and nothing is wrong with that.
    if (livedMs === 0 && !joining) return 'ours'
    this.#pause(leg, livedMs >= STEADY_MS ? 1 : Math.max(failures, 1), nowMs)
    return livedMs === 0 ? 'join' : 'subflow'
  }

  /** Another line than the one the failures were on. */
  forget(leg: LegName): void {
    this.#tries[leg] = FRESH
  }

  #pause(leg: LegName, failures: number, nowMs: number): void {
    const pauseMs = Math.min(RETRY_MS_MIN * 2 ** (failures - 1), RETRY_MS_MAX)
    this.#tries[leg] = { failures, notBeforeMs: nowMs + pauseMs, joining: false }
  }
}

interface Try {
  readonly failures: number
  readonly notBeforeMs: number
  readonly joining: boolean
}

const FRESH: Try = { failures: 0, notBeforeMs: -Infinity, joining: false }

/** A join that the peer has not answered by then is tried again. */
const JOIN_MS_MAX = 5_000
const RETRY_MS_MIN = 20
const RETRY_MS_MAX = 5_000
/** A subflow that lived so long did not end because of how it was made. */
const STEADY_MS = 10_000
