/**
 * What a line carries in one direction: what the operator says, until the line has shown otherwise.
 *
 *     configured ──▶ value ◀── the rate while packets queue for this direction: that is the line's own
 *                      ▲
 *                      └────── a higher rate that lasts while nothing queues: the line carries more than
 *                              we thought, and how much is open until it is full
 *
 * A queue must stand for a while before its rate counts: a transfer that begins fills queues before the
 * line. What was learnt is forgotten after a while, for lines are trained anew.
 */
export class Capacity {
  readonly #configured: number | undefined
  #learnt: number | undefined
  #samples = 0
  #fullMs = -Infinity
  #fullSinceMs: number | undefined
  #above: { readonly sinceMs: number; least: number } | undefined

  /** `configured` in bytes a millisecond, as the interface counts them. */
  constructor(configured: number | undefined) {
    this.#configured = configured
  }

  /** undefined while nobody has said and nothing was ever full. */
  get bytesPerMs(): number | undefined {
    return this.#learnt ?? this.#configured
  }

  /** False for a value that is only known to be too low. */
  get certain(): boolean {
    if (this.#learnt === undefined) return this.#configured !== undefined
    return this.#samples > 0
  }

  /** One sample of the rate. `full`: packets queue for this direction of the line. */
  observe(bytesPerMs: number, full: boolean, nowMs: number): void {
    if (this.#learnt !== undefined && nowMs - this.#fullMs > MEMORY_MS) this.forget()
    if (!full) {
      this.#fullSinceMs = undefined
      this.#raise(bytesPerMs, nowMs)
      return
    }
    this.#fullSinceMs ??= nowMs
    this.#above = undefined
    if (nowMs - this.#fullSinceMs >= SETTLED_MS) this.#learn(bytesPerMs, nowMs)
  }

  /** Another line. */
  forget(): void {
    this.#learnt = undefined
    this.#samples = 0
    this.#above = undefined
  }

  #learn(bytesPerMs: number, nowMs: number): void {
    this.#fullMs = nowMs
    this.#samples += 1
    const before = this.#samples === 1 ? bytesPerMs : (this.#learnt ?? bytesPerMs)
    // A queue is known a round trip after it has drained, and LTE may have its bytes by then: so a lower
    // rate proves little. Too high by some percent is harmless, too low would keep LTE engaged.
    const weight = bytesPerMs > before ? Math.max(1 / this.#samples, UP_WEIGHT) : DOWN_WEIGHT
    this.#learnt = before + weight * (bytesPerMs - before)
  }

  /** A machine that slept finds many bytes at once: only what lasts is the line's doing. */
  #raise(bytesPerMs: number, nowMs: number): void {
    const known = this.bytesPerMs
    if (known === undefined || bytesPerMs <= known * ABOVE) {
      this.#above = undefined
      return
    }
    this.#above ??= { sinceMs: nowMs, least: bytesPerMs }
    this.#above.least = Math.min(this.#above.least, bytesPerMs)
    if (nowMs - this.#above.sinceMs < ABOVE_MS) return
    this.#learnt = this.#above.least
    this.#samples = 0
    this.#fullMs = nowMs
    this.#above = undefined
  }
}

/** A queue that has stood so long is the line's; the rate has come up to it. */
export const SETTLED_MS = 300
const UP_WEIGHT = 0.1
/** Halved in four seconds of a full line: one that was trained anew. */
const DOWN_WEIGHT = 0.01
/** How much more than what we know must be carried, and for how long, to know better. */
const ABOVE = 1.02
const ABOVE_MS = 500
const MEMORY_MS = 600_000
