/**
 * How much LTE's uplink carries while it helps: what DSL lacks, and no more.
 *
 *     pace   │      ┌─── DSL full, and LTE has used its pace: more
 *            │   ┌──┘  └──┐
 *            │ ┌─┘        └───── DSL has room: what both carry beyond DSL
 *     turns  │ ▇▁▇▁▇▇▇▇▇▇▁▁▇▁▁▇▁▁    open for 64 KiB, when it has carried less than its pace
 *
 * The kernel gives a line that is idle the next 64 KiB, whatever the other could take: on uplinks of 10 + 10
 * Mbit/s half of everything, for a demand of 12 as for one of 9. So LTE stands by again as soon as it has had
 * what it shall carry. (A slower LTE instead, by HTB, holds up what waits behind its 64 KiB: tried, and slower
 * than DSL alone.)
 */
export interface PacedUplink {
  /** DSL is full, and has had no pause for longer than a burst takes. */
  readonly full: boolean
  /** Bytes a millisecond, over about a second. */
  readonly dslBytesPerMs: number
  readonly lteBytesPerMs: number
  readonly capacity: number
  /** What LTE has carried so far, ever. */
  readonly lteBytes: number
}

export class LtePace {
  #bytesPerMs: number | undefined
  #changedMs = -Infinity
  #faster = FASTER_MIN
  /** Below 0: what LTE has carried in advance. */
  #creditBytes = 0
  /** In this turn. */
  #carriedBytes = 0
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
    if (uplink === undefined) {
      this.#bytesPerMs = undefined
      this.#open = true
      return !before
    }
    const carriedBytes = this.#bytesPerMs === undefined ? 0 : uplink.lteBytes - this.#lteBytes
    const elapsedMs = this.#bytesPerMs === undefined ? 0 : nowMs - this.#judgedMs
    this.#lteBytes = uplink.lteBytes
    this.#judgedMs = nowMs
    this.#bytesPerMs = this.#next(uplink, nowMs)
    const credit = this.#creditBytes + this.#bytesPerMs * elapsedMs - carriedBytes
    this.#creditBytes = Math.min(0, Math.max(-DEBT_BYTES_MAX, credit))
    this.#carriedBytes = this.#open ? this.#carriedBytes + carriedBytes : 0
    const free = this.#bytesPerMs >= uplink.capacity * FREE
    const due = this.#open ? this.#carriedBytes < BEGUN_BYTES : this.#creditBytes >= 0
    this.#open = free || (uplink.full && due)
    return this.#open !== before
  }

  #next({ full, capacity, ...both }: PacedUplink, nowMs: number): number {
    const pace = this.#bytesPerMs
    if (pace !== undefined && nowMs - this.#changedMs < CHANGE_MS) return pace
    this.#changedMs = nowMs
    if (pace === undefined) {
      this.#faster = FASTER_MIN
      return capacity * FIRST
    }
    if (full) {
      const next = Math.min(pace * this.#faster, capacity * MOST)
      this.#faster = Math.min(this.#faster * FASTER_GROWTH, FASTER_MAX)
      return next
    }
    const excess = both.dslBytesPerMs + both.lteBytesPerMs - capacity * SPARE
    const next = Math.min(pace, Math.max(excess, pace * SLOWER, capacity * LEAST))
    if (next < pace) this.#faster = FASTER_MIN
    return next
  }
}

/** Shares of what DSL carries. */
const FIRST = 0.2
const LEAST = 0.03
/** From this pace on LTE carries what it can. */
const FREE = 0.9
const MOST = 1.5
/** A DSL that carries this share of what it can has no more room than bursts need. */
const SPARE = 0.97
/** Each step is larger than the last, while DSL goes on being full. */
const FASTER_MIN = 1.1
const FASTER_GROWTH = 1.05
const FASTER_MAX = 1.4
const SLOWER = 0.7
const CHANGE_MS = 150
/** So much has been seen to leave: then the kernel has given LTE its 64 KiB, and the turn is over. */
const BEGUN_BYTES = 8_192
const DEBT_BYTES_MAX = 262_144
