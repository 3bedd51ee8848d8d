/**
 * What a line carries in one direction: what the operator says, until the line has shown otherwise.
 *
 *     configured ──▶ value ◀── the rate while packets queue for this direction: that is the line's own
 *                      ▲
 *                      └────── a higher rate that lasts while nothing queues: the line carries more than
 *                              we thought, and how much is open until it is full
 *
 * The queue must keep its length meanwhile: where an interface counts what goes into the queue, one that
 * grows or drains is no measure of the line. What was learnt is forgotten after a while, for lines are trained anew.
 */
export class Capacity {
  readonly #configured: number | undefined
  #learnt: number | undefined
  #samples = 0
  #fullMs = -Infinity
  /** The queue's length, and since when it has kept it. */
  #queue: { readonly lengthMs: number; readonly sinceMs: number } | undefined
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

  /** One sample of the rate. `queueMs`: what queues for this direction of a full line; else undefined. */
  observe(bytesPerMs: number, queueMs: number | undefined, nowMs: number): void {
    if (this.#learnt !== undefined && nowMs - this.#fullMs > MEMORY_MS) this.forget()
    if (queueMs === undefined) {
      this.#queue = undefined
      this.#raise(bytesPerMs, nowMs)
      return
    }
    this.#above = undefined
    const kept = Math.abs(queueMs - (this.#queue?.lengthMs ?? Infinity)) <= SETTLED_MS * STEADY
    if (!kept || this.#queue === undefined) this.#queue = { lengthMs: queueMs, sinceMs: nowMs }
    const keptMs = nowMs - this.#queue.sinceMs
    if (keptMs >= SETTLED_MS) this.#learn(bytesPerMs, keptMs, nowMs)
  }

  /** Another line. */
  forget(): void {
    this.#learnt = undefined
    this.#samples = 0
    this.#above = undefined
  }

  #learn(bytesPerMs: number, keptMs: number, nowMs: number): void {
    this.#fullMs = nowMs
    this.#samples += 1
    const before = this.#certainly ?? bytesPerMs
    // A queue is known a round trip after it has drained, and LTE may have its bytes by then: so a lower
    // rate proves nothing at first. Too high by some percent is harmless, too low would keep LTE engaged.
    const down = keptMs >= LOWER_MS ? DOWN_WEIGHT : 0
    const weight = bytesPerMs > before ? UP_WEIGHT : down
    this.#learnt = before + weight * (bytesPerMs - before)
  }

  /** What we would go on from: not a value that is only known to be too low. */
  get #certainly(): number | undefined {
    return this.#samples > 1 || this.#learnt === undefined ? this.bytesPerMs : undefined
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

/** A queue that has stood so long is the line's; the average of the rate has come up to it. */
export const SETTLED_MS = 300
/** What grows or drains by this share of the time is off by as much of the line's rate. */
const STEADY = 0.05
const UP_WEIGHT = 0.1
/** Halved in a second of a full line that was trained anew, once the queue has been there for LOWER_MS. */
const DOWN_WEIGHT = 0.03
const LOWER_MS = 1_000
/** How much more than what we know must be carried, and for how long, to know better. */
const ABOVE = 1.02
const ABOVE_MS = 500
const MEMORY_MS = 600_000
