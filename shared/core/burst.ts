/**
 * How much a full DSL may carry before LTE helps: nothing, unless the home has lately had two bursts
 * that ended by themselves.
 *
 *     DSL full   ▄▄▄▁▁▁▁▁▄▄▄▁▁▁▁▁▄▄▄▁▁▁▁▁▄▄▄▄▄▄▄▄▄▄▄▄▄▄
 *                └┬┘     └┬┘                ▲
 *       chunks of a film   │                └─ longer than any chunk: a download, LTE helps
 *                 as large as the ones before: DSL has time for it
 *
 * A committed burst size, as RFC 2697 has it, but learnt: `bytesMax` is the operator's bound on it. What DSL carries with room
 * to spare is no part of a burst: a demand of 80 % that once catches up would teach all that follows.
 */
export class BurstAllowance {
  /** The operator's bound on what is learnt. */
  bytesMax: number
  readonly #ended: Array<{ readonly bytes: number; readonly atMs: number }> = []
  #bytes = 0
  #sinceMs: number | undefined
  #pauseSinceMs: number | undefined

  constructor(bytesMax: number) {
    this.bytesMax = bytesMax
  }

  observe({ bytes, full, helped, low, capacity }: BurstSample, nowMs: number): void {
    if (full) this.#sinceMs ??= nowMs
    if (this.#sinceMs === undefined) return
    if (full || helped) this.#bytes += bytes
    if (!low) {
      this.#pauseSinceMs = undefined
      return
    }
    this.#pauseSinceMs ??= nowMs
    if (nowMs - this.#pauseSinceMs < PAUSE_MS) return
    // Where LTE has helped, a slow DSL would not have had time for it.
    const bytesMax = Math.min(this.bytesMax, (capacity ?? Infinity) * BURST_MS_MAX)
    const short = nowMs - this.#sinceMs <= BURST_MS_MAX && this.#bytes <= bytesMax
    if (short) this.#ended.push({ bytes: this.#bytes, atMs: nowMs })
    if (this.#ended.length > REMEMBERED_MAX) this.#ended.shift()
    this.#sinceMs = undefined
    this.#bytes = 0
    this.#pauseSinceMs = undefined
  }

  /** The burst that runs now is larger than DSL has been shown to have time for. */
  exceeded(nowMs: number): boolean {
    const late = this.#ended.filter(({ atMs }) => nowMs - atMs <= MEMORY_MS)
    // One is a transfer like any other, and so it is beside some that were smaller; with the second it is a habit.
    const [, second] = late.map(({ bytes }) => bytes).sort((one, other) => other - one)
    return second === undefined || this.#bytes >= second * MARGIN
  }
}

export interface BurstSample {
  /** Carried by both lines since the last sample. */
  readonly bytes: number
  readonly full: boolean
  /** LTE helps: what DSL alone would be full of. */
  readonly helped: boolean
  /** DSL has much room. */
  readonly low: boolean
  /** What DSL carries, in bytes a millisecond; undefined while it is not known. */
  readonly capacity: number | undefined
}

/** What keeps DSL full for longer is no chunk of a film that DSL can carry. */
const BURST_MS_MAX = 6_000
/** A burst has ended when DSL had room for so long. */
const PAUSE_MS = 300
/** Films are fetched in chunks of 2 to 10 s. */
const MEMORY_MS = 30_000
const REMEMBERED_MAX = 16
/** Chunks of a film differ in size. */
const MARGIN = 1.5
