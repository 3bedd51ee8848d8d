/**
 * Which leg carries what wants the smallest delay (service class `interactive`; ATSSS: smallest delay).
 *
 *                  DSL slower than LTE by 20 ms and a quarter, at once
 *     ┌─────┐ ─────────────────────────────────────────────────────────▶ ┌─────┐
 *     │ DSL │                                                            │ LTE │
 *     └─────┘ ◀───────────────────────────────────────────────────────── └─────┘
 *                  DSL not slower than LTE, for holdMs on end
 *
 * DSL costs nothing, so it has the benefit of the doubt; but who waits for an answer gets the quicker leg at
 * once, and is not sent back before DSL has been well for a while. The while doubles each time that it was
 * too short. A leg that is dead carries nothing.
 */
import type { LegName } from './leg.ts'

/** undefined where it is not known. */
export type Delays = Readonly<Record<LegName, number | undefined>>

export class QuickerLeg {
  #carrier: LegName = 'dsl'
  #well = { sinceMs: Infinity }
  #holdMs = HOLD_MS_MIN
  #movedMs = -Infinity

  get carrier(): LegName {
    return this.#carrier
  }

  /** The reason with its numbers, when another leg carries from now on. */
  judge(delays: Delays, up: Readonly<Record<LegName, boolean>>, nowMs: number): string | undefined {
    if (!up.lte) return this.#carrier === 'lte' ? this.#move('dsl', 'lte-down', nowMs) : undefined
    if (!up.dsl) return this.#carrier === 'dsl' ? this.#move('lte', 'dsl-down', nowMs) : undefined
    const lteMs = delays.lte ?? LTE_MS_UNKNOWN
    // A leg that nobody asks is not known to be slow.
    const dslMs = delays.dsl ?? 0
    const numbers = `dsl ${Math.round(dslMs)} ms, lte ${Math.round(lteMs)} ms`
    if (this.#carrier === 'dsl') {
      if (dslMs <= lteMs * SLOWER_SHARE + SLOWER_MS) return undefined
      // It has come back too early.
      if (nowMs - this.#movedMs < TOO_EARLY_MS) {
        this.#holdMs = Math.min(this.#holdMs * 2, HOLD_MS_MAX)
      } else {
        this.#holdMs = HOLD_MS_MIN
      }
      return this.#move('lte', numbers, nowMs)
    }
    const well = delays.dsl !== undefined && dslMs <= lteMs
    this.#well = { sinceMs: well ? Math.min(this.#well.sinceMs, nowMs) : Infinity }
    const wellMs = nowMs - this.#well.sinceMs
    if (wellMs < this.#holdMs) return undefined
    return this.#move('dsl', `${numbers} for ${Math.round(wellMs)} ms`, nowMs)
  }

  #move(to: LegName, why: string, nowMs: number): string {
    this.#carrier = to
    this.#movedMs = nowMs
    this.#well = { sinceMs: Infinity }
    return `quicker-${to} ${why}`
  }
}

/** What LTE is taken for before it was asked. */
const LTE_MS_UNKNOWN = 80
const SLOWER_SHARE = 1.25
const SLOWER_MS = 20
const HOLD_MS_MIN = 2_000
const HOLD_MS_MAX = 30_000
/** Needed again so soon, LTE was let go in vain. */
const TOO_EARLY_MS = 10_000
