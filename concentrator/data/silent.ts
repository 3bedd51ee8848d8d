/**
 * Connections of this thread that have shown no cookie yet, or were refused one and have not left, by source
 * and in the order in which they came to that.
 */
import type { StreetRoom } from './room.ts'

/** Closes the connection. */
export type Close = () => void

export class Silent {
  /** By the row of the source: each with its number below. */
  readonly #bySource = new Map<number, Map<Close, number>>()
  /** Of all sources, numbered as they came. */
  readonly #all = new Map<number, Close>()
  /** No lower number is there. */
  #oldest = 0
  #next = 0

  /** How many there are. */
  get size(): number {
    return this.#all.size
  }

  add(source: number, close: Close): void {
    const closes = this.#bySource.get(source) ?? new Map<Close, number>()
    this.#bySource.set(source, closes)
    closes.set(close, this.#next)
    this.#all.set(this.#next++, close)
  }

  /** It is a home's, or has gone. */
  remove(source: number, close: Close): void {
    const closes = this.#bySource.get(source)
    const number = closes?.get(close)
    if (closes === undefined || number === undefined) return
    this.#all.delete(number)
    closes.delete(close)
    if (closes.size === 0) this.#bySource.delete(source)
    // Counted forward, for a Map walks over everything that was deleted in front of its first.
    while (this.#oldest < this.#next && !this.#all.has(this.#oldest)) this.#oldest++
  }

  /** False when this thread has none of that source. */
  closeOldest(source: number): boolean {
    const [oldest] = this.#bySource.get(source)?.keys() ?? []
    oldest?.()
    return oldest !== undefined
  }

  /** Whatever its source. False when there is none. */
  closeOldestOfAll(): boolean {
    const oldest = this.#all.get(this.#oldest)
    oldest?.()
    return oldest !== undefined
  }
}

/**
 * Sources are cheap (a /56 is 256 of them), descriptors are not. A thread that has few left keeps them for
 * homes: of strangers it keeps as many as a burst of homes is until it has been read.
 */
export function crowdOutStrangers({
  loop,
  silent,
  settings,
}: Pick<StreetRoom, 'loop' | 'settings' | 'silent'>): void {
  const { descriptorsMax } = settings
  while (
    loop.descriptors > descriptorsMax * CROWDED_SHARE &&
    silent.size > descriptorsMax * STRANGERS_SHARE
  ) {
    silent.closeOldestOfAll()
  }
}

/** Of `descriptorsMax`: from here on strangers leave, */
const CROWDED_SHARE = 0.8
/** until no more than these are there. */
const STRANGERS_SHARE = 0.05
