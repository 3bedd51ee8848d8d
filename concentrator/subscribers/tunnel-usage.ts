/**
 * What each home's tunnel has carried, by leg and direction, in memory that the tunnel's threads and the main
 * thread see: IP bytes with all headers around them, of frames that were genuine and of frames that left.
 *
 *   home 0 │ dsl up │ dsl down │ lte up │ lte down │
 *   home 1 │ ...
 *
 * The thread that has a home's session adds, the main thread looks what is new. What is new and was not looked
 * at is all that a kill -9 loses; a start begins with zeros, so nothing is counted twice.
 */
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import type { Octets } from './keeper.ts'

export class TunnelUsage {
  readonly memory: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Float64Array(memory)
  }

  static create(homes: number): TunnelUsage {
    return new TunnelUsage(new SharedArrayBuffer(homes * CELLS * Float64Array.BYTES_PER_ELEMENT))
  }

  /** The tunnel's thread: so much more has come up and gone down this leg, by its number. */
  add(home: number, leg: number, up: number, down: number): void {
    const at = home * CELLS + (leg === LEG_NUMBER.lte ? LTE_AT : 0)
    this.#cells[at]! += up
    this.#cells[at + 1]! += down
  }

  /** The main thread, one reader: answers what was added since the last call, by home number. */
  reader(): () => ReadonlyMap<number, Octets> {
    const seen = new Float64Array(this.#cells.length)
    return () => {
      const found = new Map<number, Octets>()
      for (let at = 0; at < seen.length; at += CELLS) {
        const octets = {
          dslUp: this.#sinceSeen(seen, at),
          dslDown: this.#sinceSeen(seen, at + 1),
          lteUp: this.#sinceSeen(seen, at + LTE_AT),
          lteDown: this.#sinceSeen(seen, at + LTE_AT + 1),
        }
        const sum = octets.dslUp + octets.dslDown + octets.lteUp + octets.lteDown
        if (sum > 0) found.set(at / CELLS, octets)
      }
      return found
    }
  }

  #sinceSeen(seen: Float64Array, at: number): number {
    const now = this.#cells[at]!
    const more = now - seen[at]!
    seen[at] = now
    return more
  }
}

const CELLS = 4
const LTE_AT = 2
