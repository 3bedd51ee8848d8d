/**
 * How fast a byte counter runs: samples of SAMPLE_MS, averaged so that what is old is forgotten.
 *
 *     weight of a sample of t ms = 1 - e^(-t / MEMORY_MS)        an EWMA that does not mind odd samples
 *
 * A tick that comes late makes its sample longer and heavier, not wrong.
 */
export class Rate {
  #bytes = 0
  #atMs = -Infinity
  #bytesPerMs = 0
  #movedMs = -Infinity

  /** The counter's reading. True when a sample is complete: there is something new to judge. */
  observe(bytes: number, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs < SAMPLE_MS) return false
    const carried = bytes - this.#bytes
    this.#bytes = bytes
    this.#atMs = nowMs
    // The first reading, or the counter of another interface: only the next one can tell.
    if (elapsedMs === Infinity || carried < 0) return false
    if (carried >= MOVED_BYTES_PER_MS * elapsedMs) this.#movedMs = nowMs
    const weight = 1 - Math.exp(-elapsedMs / MEMORY_MS)
    this.#bytesPerMs += weight * (carried / elapsedMs - this.#bytesPerMs)
    return true
  }

  get bytesPerMs(): number {
    return this.#bytesPerMs
  }

  /** More than acknowledgements moved in one of the samples of so long. */
  moves(nowMs: number, withinMs = MOVED_MS): boolean {
    return nowMs - this.#movedMs <= withinMs
  }

  /** Another line: what the old one carried says nothing. */
  forget(): void {
    this.#atMs = -Infinity
    this.#bytesPerMs = 0
  }
}

/**
 * The rate over the last so many milliseconds, all of them alike.
 *
 *     ▇▇▇▇▁▇▇▇▇▁▇▇▇▇▁        applications hand over 128 KiB at once, and a line of 10 Mbit/s is full for
 *     └── overMs ──┘         105 ms each time, at 90 % of it as at 100 %
 */
export class SteadyRate {
  readonly #readings: Array<{ readonly bytes: number; readonly atMs: number }> = []

  /** The counter's reading. */
  observe(bytes: number, nowMs: number): void {
    const last = this.#readings.at(-1)
    if (last !== undefined && bytes < last.bytes) this.forget()
    this.#readings.push({ bytes, atMs: nowMs })
    const second = this.#readings[1]
    if (second !== undefined && nowMs - second.atMs > STEADY_MS_MAX) this.#readings.shift()
  }

  /** 0 while there are no readings. */
  over(ms: number): number {
    const last = this.#readings.at(-1)
    const from = this.#readings.findLast(({ atMs }) => (last?.atMs ?? 0) - atMs >= ms)
    const first = from ?? this.#readings[0]
    if (last === undefined || first === undefined || first === last) return 0
    return (last.bytes - first.bytes) / (last.atMs - first.atMs)
  }

  forget(): void {
    this.#readings.length = 0
  }
}

const SAMPLE_MS = 50
const MEMORY_MS = 100
/** 64 kbit/s. */
const MOVED_BYTES_PER_MS = 8
const MOVED_MS = 100
const STEADY_MS_MAX = 1_500
