/**
 * The least value of late, such as what a line takes for a packet while it is empty.
 *
 *     before       now
 *     ├─────────┼────▶      two windows: the least is never younger than one of them, and a path that has become
 *                           longer is believed after both
 */
export class LeastOfLate {
  readonly #windowMs: number
  #now = Infinity
  #before = Infinity
  #sinceMs = -Infinity

  constructor(windowMs: number) {
    this.#windowMs = windowMs
  }

  see(value: number, nowMs: number): void {
    if (nowMs - this.#sinceMs >= this.#windowMs) {
      this.#before = this.#now
      this.#now = Infinity
      this.#sinceMs = nowMs
    }
    this.#now = Math.min(this.#now, value)
  }

  /** Infinity before the first value. */
  get least(): number {
    return Math.min(this.#now, this.#before)
  }

  /** Another line: what was seen says nothing. */
  forget(): void {
    this.#now = Infinity
    this.#before = Infinity
    this.#sinceMs = -Infinity
  }
}
