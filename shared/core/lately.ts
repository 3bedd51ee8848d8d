/**
 * Something that is said now and then, and holds for a moment each time.
 */
export class Lately {
  readonly #forMs: number
  #saidMs = -Infinity

  constructor(forMs: number) {
    this.#forMs = forMs
  }

  /** Whether it is so, says who knows. While nobody says anything, what was said last holds on for its moment. */
  note(holds: boolean, nowMs: number): void {
    this.#saidMs = holds ? nowMs : -Infinity
  }

  holds(nowMs: number): boolean {
    return nowMs - this.#saidMs < this.#forMs
  }
}
