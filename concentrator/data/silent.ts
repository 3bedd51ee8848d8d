/**
 * Connections of this thread that have shown no cookie yet, or were refused one and have not left, by source
 * and in the order in which they came to that.
 */

/** Closes the connection. */
export type Close = () => void

export class Silent {
  /** By the row of the source. */
  readonly #bySource = new Map<number, Set<Close>>()

  add(source: number, close: Close): void {
    const closes = this.#bySource.get(source) ?? new Set()
    this.#bySource.set(source, closes)
    closes.add(close)
  }

  /** It is a home's, or has gone. */
  remove(source: number, close: Close): void {
    const closes = this.#bySource.get(source)
    if (closes?.delete(close) === true && closes.size === 0) this.#bySource.delete(source)
  }

  /** False when this thread has none of that source. */
  closeOldest(source: number): boolean {
    const [oldest] = this.#bySource.get(source) ?? []
    oldest?.()
    return oldest !== undefined
  }
}
