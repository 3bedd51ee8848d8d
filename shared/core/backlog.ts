/**
 * What a stall has held back is not demand: bbr stops for 200 ms every 10 s to see the line empty, and what
 * waited meanwhile fills DSL when it goes on.
 *
 *     rate    ▆▆▆▆▆▆▆▆▁▁████████▆▆▆▆▆▆
 *     usual   ────────────────────────      missing in the stall = what comes above the usual after it
 */
import { Lasting } from './lasting.ts'

export class Backlog {
  #usual = 0
  #bytes = 0
  #low = false
  readonly #belowFor = new Lasting()
  #stalledMs = -Infinity

  /**
   * One sample of what both lines carry, in bytes a millisecond, over `elapsedMs`. `full`: packets wait for DSL. Then it
   * is no stall: bbr stops to see the line empty, and what an interface counts wavers by as much as the modem holds.
   */
  observe(bytesPerMs: number, full: boolean, elapsedMs: number, nowMs: number): void {
    const above = bytesPerMs - this.#usual
    const below = above < -STALL * this.#usual
    this.#belowFor.note(below, nowMs)
    const low = below && !full
    if (low && !this.#low) this.#stalledMs = nowMs
    // So long a stall is an end, or a line that has become slower; and what comes after it is demand.
    if (this.#belowFor.ms(nowMs) > STALL_MS_MAX) this.#stalledMs = -Infinity
    this.#low = low
    if (nowMs - this.#stalledMs <= HELD_MS) {
      const missed = above < 0 ? -above * MISSED : -above
      this.#bytes = Math.max(0, this.#bytes + missed * elapsedMs)
    } else {
      this.#bytes = 0
      this.#usual += (1 - Math.exp(-elapsedMs / MEMORY_MS)) * above
    }
  }

  /** Some of what was held back is still to come. */
  get pending(): boolean {
    return this.#bytes > 0
  }
}

/** This part of the usual missing is a stall. */
const STALL = 0.15
/** Averages tell late of a stall: some of it has been missed before. */
const MISSED = 1.25
/** A stall is over within this time. */
const STALL_MS_MAX = 900
/** So long after it, whatever fills the line is demand. */
const HELD_MS = 3_000
const MEMORY_MS = 3_000
