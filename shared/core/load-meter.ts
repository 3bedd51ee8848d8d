/**
 * What one direction of a line carries, second by second, and the most that it has carried of late: a lower bound of
 * what it can, where nobody has said or learnt more. Half of it is forgotten in half an hour.
 */
import { FadingMax } from './fading-max.ts'

export class LoadMeter {
  #bytes = 0
  #atMs = -Infinity
  #bytesPerMs = 0
  readonly #most = new FadingMax(HALF_LIFE_MS)

  /** The counter's reading; undefined while there is no line. */
  observe(bytes: number | undefined, nowMs: number): void {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs < SECOND_MS) return
    const carried = (bytes ?? 0) - this.#bytes
    this.#bytes = bytes ?? 0
    this.#atMs = bytes === undefined ? -Infinity : nowMs
    // The first reading, or another interface's: only the next one can tell.
    const known = elapsedMs < Infinity && carried >= 0 && bytes !== undefined
    this.#bytesPerMs = known ? carried / elapsedMs : 0
    this.#most.see(this.#bytesPerMs, nowMs)
  }

  /** In the last whole second. */
  get bytesPerMs(): number {
    return this.#bytesPerMs
  }

  /** When that second ended; -Infinity without one. */
  get atMs(): number {
    return this.#atMs
  }

  mostBytesPerMs(nowMs: number): number {
    return this.#most.at(nowMs)
  }

  /** When it carried the most; -Infinity before it carried anything. */
  get mostMs(): number {
    return this.#most.seenMs
  }

  /** Another line: what the old one carried says nothing. */
  forget(): void {
    this.#atMs = -Infinity
    this.#bytesPerMs = 0
    this.#most.forget()
  }
}

const SECOND_MS = 1_000
const HALF_LIFE_MS = 1_800_000
