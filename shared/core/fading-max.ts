/**
 * The largest value of late: what was seen long ago counts for less.
 *
 *     ▇▆▅▄▄▃▃▃█▇▆▅▄▄▃▃      half of it is gone after a half-life; a larger one begins anew
 */
export class FadingMax {
  readonly #halfLifeMs: number
  readonly #most: number
  #value = 0
  #seenMs = -Infinity

  /** Of a value above `most` no more than that counts. */
  constructor(halfLifeMs: number, most = Infinity) {
    this.#halfLifeMs = halfLifeMs
    this.#most = most
  }

  see(value: number, nowMs: number): void {
    if (value <= this.at(nowMs)) return
    this.#value = Math.min(value, this.#most)
    this.#seenMs = nowMs
  }

  at(nowMs: number): number {
    return this.#value * 0.5 ** ((nowMs - this.#seenMs) / this.#halfLifeMs)
  }

  /** When the value that counts now was seen; -Infinity before the first. */
  get seenMs(): number {
    return this.#seenMs
  }

  forget(): void {
    this.#value = 0
    this.#seenMs = -Infinity
  }
}
