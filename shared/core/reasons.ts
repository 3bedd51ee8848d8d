/**
 * Why things were done: the last reasons, and how often each kind of them came up since the start.
 *
 * A reason begins with the word of its kind and goes on with its numbers: `dsl-full 97 % for 120 ms`.
 */
export interface Reason {
  /** On the clock of whoever noted it. */
  readonly atMs: number
  readonly text: string
}

export class Reasons {
  /** By kind. */
  readonly counts = new Map<string, number>()
  readonly #ring: Reason[] = []
  #next = 0

  note(text: string, nowMs: number): void {
    const [kind = ''] = text.split(' ')
    this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
    this.#ring[this.#next] = { atMs: nowMs, text }
    this.#next = (this.#next + 1) % REASONS_MAX
  }

  /** Oldest first; at most REASONS_MAX, the older ones are forgotten. */
  list(): Reason[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)]
  }
}

const REASONS_MAX = 256
