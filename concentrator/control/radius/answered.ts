/**
 * Requests that were obeyed or refused lately, and what they were answered: the same datagram again, from whoever has
 * it, is answered the same and changes nothing (RFC 5176 section 6.3).
 *
 * A request is known by its authenticator, which signs all that stands in it. It is forgotten when its Event-Timestamp
 * is too old to be taken anyway.
 */

export class Answered {
  readonly #keptMs: number
  readonly #max: number
  /** By the authenticator, oldest first; undefined while its answer is being found. */
  readonly #answers = new Map<string, { readonly atMs: number; answer: Uint8Array | undefined }>()

  constructor(keptMs: number, max: number) {
    this.#keptMs = keptMs
    this.#max = max
  }

  /** `full`: it is new, but too many are remembered. */
  ask(
    authenticator: Uint8Array,
    nowMs: number,
  ): 'new' | 'full' | { readonly answer: Uint8Array | undefined } {
    for (const [name, { atMs }] of this.#answers) {
      if (nowMs - atMs < this.#keptMs) break
      this.#answers.delete(name)
    }
    const name = nameOf(authenticator)
    const before = this.#answers.get(name)
    if (before !== undefined) return before
    if (this.#answers.size >= this.#max) return 'full'
    this.#answers.set(name, { atMs: nowMs, answer: undefined })
    return 'new'
  }

  answer(authenticator: Uint8Array, answer: Uint8Array): void {
    const entry = this.#answers.get(nameOf(authenticator))
    if (entry !== undefined) entry.answer = answer
  }
}

function nameOf(authenticator: Uint8Array): string {
  return Buffer.from(authenticator).toString('latin1')
}
