/**
 * How often DSL's queue is asked for: often while it may fill, rarely at a load that has been seen to leave
 * it empty, for a camera that sends all day is no reason to ask a concentrator 25 times a second.
 *
 *     load    ▁▁▁▁▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▄▇▇▇▇▇▇▇▇
 *     probes  ·   ||||||||·   ·   ·   ·   · ||||||||
 *                     └─ no queue for CLEAN_MS: this load is clean
 */
export class ProbePace {
  #cleanBytesPerMs = 0
  #cleanMs = -Infinity
  #sinceMs: number | undefined

  /** One sample of one direction; `short`: the queue is known to be short, undefined while nothing is known. */
  observe(bytesPerMs: number, short: boolean | undefined, nowMs: number): void {
    if (short === undefined) return
    if (!short) {
      this.forget()
      return
    }
    this.#sinceMs ??= nowMs
    if (nowMs - this.#sinceMs < CLEAN_MS) return
    this.#cleanBytesPerMs = Math.max(this.#cleanBytesPerMs, bytesPerMs)
    this.#cleanMs = nowMs
  }

  /** A queue was met, or another line. */
  forget(): void {
    this.#cleanBytesPerMs = 0
    this.#sinceMs = undefined
  }

  /** This load has left the queue empty, not long ago. */
  isClean(bytesPerMs: number, nowMs: number): boolean {
    const known = this.#cleanBytesPerMs > 0
    if (known && nowMs - this.#cleanMs > MEMORY_MS) this.forget()
    return bytesPerMs <= this.#cleanBytesPerMs * MARGIN
  }
}

const CLEAN_MS = 2_000
/** A clean load is looked at again so often. */
const MEMORY_MS = 60_000
const MARGIN = 1.05
