/**
 * What a stall has held back is not demand: bbr stops for 200 ms every 10 s to see the line empty, and what
 * waited meanwhile fills DSL when it goes on.
 *
 *     rate    ▆▆▆▆▆▆▆▆▁▁████████▆▆▆▆▆▆
 *     usual   ────────────────────────      missing in the stall = what comes above the usual after it
 */
export class Backlog {
  #usual = 0
  #bytes = 0
  #stalledMs = -Infinity

  /** One sample of what both lines carry, in bytes a millisecond, over `elapsedMs`. */
  observe(bytesPerMs: number, elapsedMs: number, nowMs: number): void {
    const above = bytesPerMs - this.#usual
    if (above < -STALL * this.#usual) this.#stalledMs = nowMs
    const stalled = nowMs - this.#stalledMs <= HELD_MS
    // The usual goes on through a stall, or it would be forgotten when it matters.
    const most = this.#usual * STALL_MS_MAX
    this.#bytes = stalled ? Math.min(Math.max(0, this.#bytes - above * elapsedMs), most) : 0
    this.#usual += (1 - Math.exp(-elapsedMs / MEMORY_MS)) * above
  }

  /** Some of what was held back is still to come. */
  get pending(): boolean {
    return this.#bytes > 0
  }
}

/** This part of the usual missing is a stall. */
const STALL = 0.4
/** No stall holds back more than what comes in this time. */
const STALL_MS_MAX = 500
/** So long after it, whatever fills the line is demand. */
const HELD_MS = 3_000
const MEMORY_MS = 3_000
