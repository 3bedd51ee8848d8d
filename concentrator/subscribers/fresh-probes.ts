/**
 * Whether a genuine probe says where its home is now, or was overheard, kept, and is said again by somebody
 * else: from each leg of each home only what is newer than all before counts, and nothing that is older
 * than we are. What is not fresh is still answered; it ties no address (ADR 0015).
 */
import { probeUnixMs } from '../../shared/core/probe-number.ts'
import type { Tie } from '../../shared/core/tie.ts'

export interface Clocks {
  /** Milliseconds that no one sets. */
  readonly nowMs: number
  /** Milliseconds since 1970. */
  readonly unixMs: number
}

export class FreshProbes {
  readonly #apartMs: number
  readonly #startedMs: number
  /** The greatest number heard, by subscriber and leg. */
  readonly #greatest = new Map<string, number>()

  /** `tieS`: how far a home's clock may be from ours. `startedMs`: since when we listen, as `nowMs`. */
  constructor(tieS: number, startedMs: number) {
    this.#apartMs = tieS * 1_000
    this.#startedMs = startedMs
  }

  /** True once for a number. */
  isFresh({ subscriber, leg }: Tie, number: number, { nowMs, unixMs }: Clocks): boolean {
    const ageMs = unixMs - probeUnixMs(number)
    // Before we began we heard no numbers, so what was said then cannot be told from what is said again.
    const ageMsMax = Math.min(this.#apartMs, nowMs - this.#startedMs)
    if (ageMs > ageMsMax || ageMs < -this.#apartMs) return false
    const key = `${subscriber} ${leg}`
    if (number <= (this.#greatest.get(key) ?? -1)) return false
    this.#greatest.set(key, number)
    return true
  }
}
