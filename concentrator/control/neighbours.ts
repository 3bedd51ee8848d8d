/**
 * The other concentrators that share the store, as far as homes shall know of them (ADR 0052): asked for every few seconds,
 * and told when they are others, or when this one is being taken out.
 */
import {
  type Announced,
  announced,
  CONCENTRATORS_MAX,
} from '../../shared/config/control-messages.ts'
import type { Keeper, KeptRecord } from '../subscribers/keeper.ts'
import type { Pointer } from './session-owner.ts'

export class Neighbours {
  readonly #leaveS: number
  readonly #tell: (pointer: Pointer) => void
  #draining = false
  #list: readonly Announced[] = []
  #said = ''

  constructor(leaveS: number, tell: (pointer: Pointer) => void) {
    this.#leaveS = leaveS
    this.#tell = tell
  }

  drain(draining: boolean): void {
    this.#draining = draining
    this.#say()
  }

  /** `records` as register.ts writes them. Whoever is not heard, or drains, is no place to go to. */
  hear(records: readonly KeptRecord[], unixMs: number): void {
    this.#list = records
      .flatMap(({ id, body }) => {
        const { announced: said, draining, seen } = body
        if (draining === true || typeof seen !== 'string') return []
        if (unixMs - Date.parse(seen) > UNHEARD_MS_MAX) return []
        return announcedFrom(id, said)
      })
      .toSorted((a, b) => a.priority - b.priority || (a.name < b.name ? -1 : 1))
      .slice(0, CONCENTRATORS_MAX)
    this.#say()
  }

  #say(): void {
    const pointer = { draining: this.#draining, leaveS: this.#leaveS, list: [...this.#list] }
    const said = JSON.stringify(pointer)
    if (said === this.#said) return
    this.#said = said
    this.#tell(pointer)
  }
}

/** Until disposed of. */
export function watchNeighbours(
  keeper: Pick<Keeper, 'all'>,
  neighbours: Neighbours,
): AsyncDisposable {
  const look = async () => {
    const found: KeptRecord[] = []
    for await (const records of keeper.all('concentrator')) found.push(...records)
    neighbours.hear(found, Date.now())
  }
  // A store that is away is told of by the store itself, and the list stays as it was.
  let looking = Promise.resolve()
  const timer = setInterval(() => {
    looking = looking.then(look).catch(() => undefined)
  }, LOOK_MS)
  return {
    [Symbol.asyncDispose]: () => {
      clearInterval(timer)
      return looking
    },
  }
}

function announcedFrom(name: string, said: unknown): Announced[] {
  const parsed = announced.safeParse(typeof said === 'object' ? { ...said, name } : undefined)
  return parsed.success ? [parsed.data] : []
}

const LOOK_MS = 2_000
/** Three times what they say. */
const UNHEARD_MS_MAX = 30_000
