/**
 * How long packets stand in the queues of a line: what probes take above the least they ever took.
 *
 *     round trip  ┊      ▂▅█▇██▇█▇▇█▇▂
 *         floor ──┼▁▁▁▁▁▂─────────────▂▁▁▁▁      a queue that stands: the least of the last ANSWERS
 *
 * A burst of packets passes through a queue; a line that is asked for more than it carries keeps one. So
 * it is the least of a few answers in a row that counts: measured on a line of 50 Mbit/s with bbr, 1 to
 * 5 ms at 80 % of it, 20 to 40 ms when it is full.
 */
import { LeastOfLate } from './least-of-late.ts'

export class QueueDelay {
  readonly #answers: Array<{ readonly rttMs: number; readonly atMs: number }> = []
  readonly #floor = new LeastOfLate(FLOOR_MS)
  #quiet = false

  /** The echo of a probe, on a line that was busy or quiet. */
  heard(rttMs: number, line: 'busy' | 'quiet', nowMs: number): void {
    if (line === 'quiet') this.#quiet = true
    this.#answers.push({ rttMs, atMs: nowMs })
    if (this.#answers.length > ANSWERS_MAX) this.#answers.shift()
    this.#floor.see(rttMs, nowMs)
  }

  /**
   * The queue that stands now, by the last so many answers; undefined while there are not enough of them to
   * tell. One that is there for as long as a block takes on a slow uplink needs ANSWERS_MAX.
   */
  standingMs(nowMs: number, answers = ANSWERS): number | undefined {
    const oldest = this.#answers.at(-answers)
    const freshMs = FRESH_MS + (answers - ANSWERS) * PACE_MS
    if (oldest === undefined || nowMs - oldest.atMs > freshMs) return undefined
    return Math.min(...this.#answers.slice(-answers).map(({ rttMs }) => rttMs)) - this.floorMs
  }

  /** Its floor was seen on a quiet line; else there may be more of a queue than we know. */
  get floorKnown(): boolean {
    return this.#quiet
  }

  /** The least round trip of the last minutes; Infinity before the first answer. */
  get floorMs(): number {
    return this.#floor.least
  }

  /** Another path. */
  forget(): void {
    this.#answers.length = 0
    this.#floor.forget()
    this.#quiet = false
  }
}

const ANSWERS = 3
export const ANSWERS_MAX = 8
/** Between two questions on a line that may be full. */
const PACE_MS = 40
/** So many answers older than this tell of a queue that may have drained. */
const FRESH_MS = 400
/** A line that is full all evening still shows its floor in this time: bbr drains it every 10 s. */
const FLOOR_MS = 900_000
