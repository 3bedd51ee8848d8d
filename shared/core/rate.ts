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

  /** The counter's reading. True when a sample is complete: there is something new to judge. */
  observe(bytes: number, nowMs: number): boolean {
    const elapsedMs = nowMs - this.#atMs
    if (elapsedMs < SAMPLE_MS) return false
    const carried = bytes - this.#bytes
    this.#bytes = bytes
    this.#atMs = nowMs
    // The first reading, or the counter of another interface: only the next one can tell.
    if (elapsedMs === Infinity || carried < 0) return false
    const weight = 1 - Math.exp(-elapsedMs / MEMORY_MS)
    this.#bytesPerMs += weight * (carried / elapsedMs - this.#bytesPerMs)
    return true
  }

  get bytesPerMs(): number {
    return this.#bytesPerMs
  }

  /** Another line: what the old one carried says nothing. */
  forget(): void {
    this.#atMs = -Infinity
    this.#bytesPerMs = 0
  }
}

const SAMPLE_MS = 50
const MEMORY_MS = 100
