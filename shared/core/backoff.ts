/**
 * When to try again what did not work: later each time, and not together with everybody else who lost the
 * same concentrator.
 *
 *     wait = half of w, and a part of the other half that chance decides     w = 1 s, 2 s, 4 s ... 60 s
 */
export class Backoff {
  #nextMs = FIRST_MS

  /** `chance` is from 0 up to 1. At least `leastMs`, where the other end has said so. */
  wait(chance: number, leastMs: number): number {
    const wait = this.#nextMs
    this.#nextMs = Math.min(2 * wait, MOST_MS)
    return Math.max(wait / 2 + (chance * wait) / 2, leastMs * (1 + chance / 4))
  }

  /** It worked. */
  reset(): void {
    this.#nextMs = FIRST_MS
  }
}

const FIRST_MS = 1_000
const MOST_MS = 60_000
