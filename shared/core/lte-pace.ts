/**
 * How much LTE's uplink carries while it helps: what DSL lacks, and no more.
 *
 *     pace   │      ┌─── DSL full, and LTE has used its pace: more
 *            │   ┌──┘  └──┐
 *            │ ┌─┘        └───── DSL has room: what both carry beyond DSL
 *     turns  │ ▇▁▇▁▇▇▇▇▇▇▁▁▇▁▁▇▁▁    open while it has carried less than its pace
 *
 * The kernel gives a line that is idle the next 64 KiB, whatever the other could take: on uplinks of 10 + 10
 * Mbit/s half of everything, for a demand of 12 as for one of 9. So LTE stands by again as soon as it has had
 * what it shall carry. (A slower LTE instead, by HTB, holds up what waits behind its 64 KiB: tried, and slower
 * than DSL alone.)
 */
export interface PacedUplink {
  /** DSL is full. */
  readonly full: boolean
  /** Bytes a millisecond, averaged for longer than a burst. */
  readonly dslBytesPerMs: number
  readonly lteBytesPerMs: number
  readonly capacity: number
  /** What LTE has carried so far, ever. */
  readonly lteBytes: number
}

export class LtePace {
  #bytesPerMs: number | undefined
  #changedMs = -Infinity
  /** What LTE may still carry in this turn; below 0: what it has carried in advance. */
  #creditBytes = 0
  #lteBytes = 0
  #judgedMs = 0
  #open = true

  /** LTE may carry now. */
  get open(): boolean {
    return this.#open
  }

  /** One sample; undefined while LTE is not to be paced. True when its turn begins or is over. */
  judge(uplink: PacedUplink | undefined, nowMs: number): boolean {
    const before = this.#open
    const pace = uplink && this.#next(uplink, nowMs)
    if (pace !== this.#bytesPerMs) this.#changedMs = nowMs
    if (uplink === undefined || pace === undefined) this.#open = true
    else if (this.#bytesPerMs === undefined) this.#creditBytes = TURN_BYTES
    else this.#account(uplink.lteBytes, pace * (nowMs - this.#judgedMs))
    this.#bytesPerMs = pace
    this.#lteBytes = uplink?.lteBytes ?? 0
    this.#judgedMs = nowMs
    return this.#open !== before
  }

  #account(lteBytes: number, earnedBytes: number): void {
    const spentBytes = lteBytes - this.#lteBytes
    this.#creditBytes = Math.min(TURN_BYTES, this.#creditBytes + earnedBytes - spentBytes)
    this.#creditBytes = Math.max(-DEBT_BYTES_MAX, this.#creditBytes)
    this.#open = this.#open ? this.#creditBytes > 0 : this.#creditBytes >= TURN_BYTES
  }

  #next(uplink: PacedUplink, nowMs: number): number {
    const { full, dslBytesPerMs, lteBytesPerMs, capacity } = uplink
    const pace = this.#bytesPerMs
    if (pace === undefined) return capacity * FIRST
    if (full) {
      const wanted = lteBytesPerMs >= pace * USED && pace < capacity * MOST
      return wanted && nowMs - this.#changedMs >= FASTER_MS ? pace * FASTER : pace
    }
    if (nowMs - this.#changedMs < SLOWER_MS) return pace
    const excess = dslBytesPerMs + lteBytesPerMs - capacity * SPARE
    return Math.min(pace, Math.max(excess, pace * SLOWER, capacity * LEAST))
  }
}

/** Shares of what DSL carries. */
const FIRST = 0.2
const LEAST = 0.03
/** LTE is not held back any more. */
const MOST = 50
/** A DSL that carries this share of what it can has no more room than bursts need. */
const SPARE = 0.98
/** Who carries this share of the pace is held back by it. */
const USED = 0.6
const FASTER = 1.6
const FASTER_MS = 150
const SLOWER = 0.7
const SLOWER_MS = 200
/** The kernel's scheduler gives a line so much at once. */
const TURN_BYTES = 65_536
const DEBT_BYTES_MAX = 4 * TURN_BYTES
