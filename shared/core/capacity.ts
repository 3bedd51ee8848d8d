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
  #shaped: number | undefined
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
    return this.#learnt ?? this.#shaped ?? this.#configured
  }

  /** False for a value that is only known to be too low. */
  get certain(): boolean {
    if (this.#learnt === undefined) return this.bytesPerMs !== undefined
    return this.#samples > 0
  }

  /** The line has shown it, being full. What is only said may be less than it carries. */
  get proven(): boolean {
    return this.#learnt !== undefined && this.#samples > 0
  }

  /**
   * One sample of the rate. `queueMs`: what queues for this direction of a full line that is left alone; else
   * undefined. Where LTE helps, the kernel's bursts of 64 KiB queue on a slow uplink that is half empty.
   */
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
    if (nowMs - this.#queue.sinceMs >= SETTLED_MS) this.#learn(bytesPerMs, nowMs)
  }

  /** It is shaped to this, whatever the operator says that it carries; undefined: it is shaped no longer. */
  shapedTo(bytesPerMs: number | undefined): void {
    if (this.#shaped === bytesPerMs) return
    this.#shaped = bytesPerMs
    this.forget()
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
    const before = this.#certainly ?? bytesPerMs
    // A machine that slept finds many bytes at once.
    const seen = Math.min(bytesPerMs, before * STEP)
    this.#learnt = before + WEIGHT * (seen - before)
  }

  /** What we would go on from: not a value that is only known to be too low. */
  get #certainly(): number | undefined {
    return this.#samples > 1 || this.#learnt === undefined ? this.bytesPerMs : undefined
  }

  /** Only what lasts is the line's doing. */
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
/** Of a sample: there are two or three of them before LTE helps. */
const WEIGHT = 0.3
const STEP = 1.1
/** How much more than what we know must be carried, and for how long, to know better. */
const ABOVE = 1.02
const ABOVE_MS = 500
const MEMORY_MS = 600_000
