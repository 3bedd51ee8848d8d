/**
 * The date, where nobody may have set it yet: a router without a battery starts in 1970. As long as its clock is
 * far from the concentrator's, the concentrator's counts, from the moment that the control session has told it.
 */
export class HouseClock {
  readonly #ownMs: () => number
  readonly #monotonicMs: () => number
  /** What the concentrator's clock showed when ours was at 0. */
  #offsetMs: number | undefined

  constructor(ownMs = Date.now, monotonicMs = () => performance.now()) {
    this.#ownMs = ownMs
    this.#monotonicMs = monotonicMs
  }

  told(unixMs: number): void {
    this.#offsetMs = unixMs - this.#monotonicMs()
  }

  unixMs(): number {
    const ownMs = this.#ownMs()
    if (this.#offsetMs === undefined) return ownMs
    const toldMs = this.#offsetMs + this.#monotonicMs()
    return Math.abs(ownMs - toldMs) > APART_MS ? toldMs : ownMs
  }
}

/** Clocks that are set are closer than this. */
const APART_MS = 60_000
