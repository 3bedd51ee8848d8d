/**
 * Which number each home has in the data threads, from when it may come until nothing of it is left. Names
 * and numbers meet here and nowhere else.
 */
import type { Home, Homes } from './homes.ts'
import { HOMES_MAX } from './homes.ts'

export interface RosterParts {
  readonly homes: Homes
  /** Whether nothing that is open counts for the number any more. */
  readonly isIdle: (number: number) => boolean
  /** Who has the first numbers for ever: the homes of the configuration file, as they stand there. */
  readonly ofFile: readonly string[]
  /** For how long something may still point to the number of a home that has gone, in seconds. */
  readonly restS: number
}

/** Somebody has come, is another, or (without `home`) has gone. */
export interface RosterChange {
  readonly number: number
  readonly home: Home | undefined
}

export class Roster {
  readonly #parts: RosterParts
  readonly #numbers = new Map<string, number>()
  readonly #known: Array<Home | undefined> = []
  /** Numbers of homes that have gone, and when, oldest first. */
  readonly #resting: Array<{ readonly number: number; readonly goneS: number }> = []

  constructor(parts: RosterParts) {
    this.#parts = parts
    for (const [number, id] of parts.ofFile.entries()) {
      this.#numbers.set(id, number)
      this.#known[number] = undefined
    }
  }

  /** Everybody who may come, by number. */
  all(nowS: number): ReadonlyArray<Home | undefined> {
    for (const id of this.#parts.homes.ids) this.look(id, nowS)
    return [...this.#known]
  }

  /** What `id` is now, against what it was at the last look; undefined when nothing is another. */
  look(id: string, nowS: number): RosterChange | undefined {
    const home = this.#parts.homes.home(id)
    const may = home?.state === 'active' ? home : undefined
    const number = this.#numbers.get(id)
    if (number === undefined) {
      if (may === undefined) return undefined
      const free = this.#freeNumber(nowS)
      if (free === undefined) return undefined
      this.#numbers.set(id, free)
      this.#known[free] = may
      return { number: free, home: may }
    }
    const before = this.#known[number]
    if (may === undefined) {
      if (before === undefined) return undefined
      this.#known[number] = undefined
      if (!this.#parts.ofFile.includes(id)) {
        this.#numbers.delete(id)
        this.#resting.push({ number, goneS: nowS })
      }
      return { number, home: undefined }
    }
    this.#known[number] = may
    return before !== undefined && isSame(before, may) ? undefined : { number, home: may }
  }

  /** Every number that a home has is below it. */
  get numbers(): number {
    return this.#known.length
  }

  numberOf(id: string): number | undefined {
    return this.#numbers.get(id)
  }

  idOf(number: number): string | undefined {
    return this.#known[number]?.id
  }

  #freeNumber(nowS: number): number | undefined {
    const place = this.#resting.findIndex(
      ({ number, goneS }) => nowS - goneS >= this.#parts.restS && this.#parts.isIdle(number),
    )
    const [rested] = place < 0 ? [] : this.#resting.splice(place, 1)
    if (rested !== undefined) return rested.number
    return this.#known.length < HOMES_MAX ? this.#known.length : undefined
  }
}

/** As far as data threads and probes go: of plans and policies they know nothing. */
function isSame(one: Home, other: Home): boolean {
  return one === other || identityOf(one) === identityOf(other)
}

function identityOf({ verifier, prefixes, acl, egress }: Home): string {
  return JSON.stringify([verifier, prefixes, acl, egress], (_, value: unknown) =>
    value instanceof Uint8Array ? [...value] : value,
  )
}
