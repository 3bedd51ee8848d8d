/**
 * How long a leg that comes back must have been well before it is used again.
 *
 *     fails      once      again soon    again    ...              fails after CALM_MS of use
 *     waits      not       1 s           2 s      4 s ... 60 s     not: what was is forgotten
 *
 * The first return is believed at once. Who fails again soon after it flaps, and each flap costs every
 * connection a moment: so the waits double, and a leg that never stays for as long is left alone.
 */

export class HoldDown {
  #failures = 0
  #upSinceMs = -Infinity

  /** Failures in a row, none of them after a calm time. */
  get failures(): number {
    return this.#failures
  }

  /** How long it must have answered without a pause to be used again. */
  get holdMs(): number {
    const flaps = this.#failures - 1
    return flaps < 1 ? 0 : Math.min(HOLD_MS_MIN * 2 ** (flaps - 1), HOLD_MS_MAX)
  }

  /** It is in use from now on. */
  up(nowMs: number): void {
    this.#upSinceMs = nowMs
  }

  /** It was in use, and failed. */
  failed(nowMs: number): void {
    const calm = nowMs - this.#upSinceMs >= CALM_MS
    this.#failures = calm ? 1 : this.#failures + 1
  }
}

const HOLD_MS_MIN = 1_000
const HOLD_MS_MAX = 60_000
const CALM_MS = 60_000
