/**
 * Which IPv6 prefix each home has: the one that its operator has given it, or else the one that comes of its
 * name, the same after every restart and at every concentrator with the same pool (ADR 0041).
 *
 * Of two whose names come to the same, who was there first has it; the other has none, and its operator is told
 * what to do.
 */
import { formatPrefix, type Prefix } from '../../shared/wire/address.ts'
import {
  numberFor,
  numberInPool,
  type PrefixPool,
  prefixAt,
} from '../../shared/wire/prefix-pool.ts'
import type { Home } from '../subscribers/homes.ts'

type Named = Pick<Home, 'id' | 'egress'>

export class HomePrefixes {
  readonly #pool: PrefixPool | undefined
  readonly #warn: (why: string) => void
  /** Homes by the numbers of their prefixes, and those by home. */
  readonly #owners = new Map<number, number>()
  readonly #prefixes = new Map<number, number>()

  /** Without a pool nobody has one. */
  constructor(pool: PrefixPool | undefined, warn: (why: string) => void) {
    this.#pool = pool
    this.#warn = warn
  }

  /** The home of this number has come, is another, or (undefined) has gone: the prefix it has from now on. */
  change(number: number, home: Named | undefined): Prefix | undefined {
    const pool = this.#pool
    if (pool === undefined) return undefined
    const wanted = home && this.#wanted(pool, home)
    const before = this.#prefixes.get(number)
    if (before !== undefined && before !== wanted) {
      this.#prefixes.delete(number)
      this.#owners.delete(before)
    }
    if (home === undefined || wanted === undefined) return undefined
    const owner = this.#owners.get(wanted)
    if (owner !== undefined && owner !== number) {
      this.#warn(`${home.id} has none, for another home has it; set its egress.prefix6`)
      return undefined
    }
    this.#owners.set(wanted, number)
    this.#prefixes.set(number, wanted)
    return prefixAt(pool, wanted)
  }

  of(number: number): Prefix | undefined {
    const prefix = this.#prefixes.get(number)
    return this.#pool === undefined || prefix === undefined
      ? undefined
      : prefixAt(this.#pool, prefix)
  }

  /** Whose address this is; undefined for nobody's. */
  ownerOf(address: Uint8Array): number | undefined {
    if (this.#pool === undefined) return undefined
    return this.#owners.get(numberInPool(this.#pool, address, 0))
  }

  #wanted(pool: PrefixPool, { id, egress }: Named): number | undefined {
    if (egress.prefix6 === undefined) return numberFor(id, pool)
    const number = numberInPool(pool, egress.prefix6.address, 0)
    if (number >= 0 && egress.prefix6.bits === pool.bits) return number
    this.#warn(`${id} has none, for ${formatPrefix(egress.prefix6)} is none of tunnel.pool6`)
    return undefined
  }
}
