/**
 * The homes that may have a tunnel, as its thread knows them: whose session a frame names, and what the keys
 * of that home come from. They are made when it is first heard, for most homes of a street are silent.
 */
import type { TunnelSecret } from '../../shared/tunnel/keys.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import { numberInPool, type PrefixPool } from '../../shared/wire/prefix-pool.ts'
import { readKey } from '../../shared/wire/tunnel.ts'
import { tunnelSecretOf } from '../subscribers/records.ts'
import type { TunnelIdentity, TunnelLetter } from './tunnel-room.ts'

export class TunnelRoll {
  readonly #identities: Array<TunnelIdentity | undefined> = []
  readonly #numbers = new Map<number, number>()
  readonly #pool: PrefixPool | undefined
  /** By the numbers of their prefixes. */
  readonly #owners = new Map<number, number>()

  constructor(homes: ReadonlyArray<TunnelIdentity | undefined>, pool?: PrefixPool) {
    this.#pool = pool
    for (const [number, identity] of homes.entries()) this.change({ number, identity })
  }

  change({ number, identity }: TunnelLetter): void {
    const before = this.#identities[number]
    if (before !== undefined) {
      const session = sessionOf(before)
      // Another may have it by now.
      if (this.#numbers.get(session) === number) this.#numbers.delete(session)
      const prefix = this.#prefixOf(before)
      if (this.#owners.get(prefix) === number) this.#owners.delete(prefix)
    }
    this.#identities[number] = identity
    if (identity === undefined) return
    this.#numbers.set(sessionOf(identity), number)
    if (identity.prefix6 !== undefined) this.#owners.set(this.#prefixOf(identity), number)
  }

  /** Whose prefix the IPv6 address at `at` is in; -1 for nobody's. */
  ownerOf(memory: Uint8Array, at: number): number {
    if (this.#pool === undefined) return -1
    return this.#owners.get(numberInPool(this.#pool, memory, at)) ?? -1
  }

  /** All that homes have. */
  *prefixes(): Generator<Prefix> {
    for (const identity of this.#identities) {
      if (identity?.prefix6 !== undefined) yield identity.prefix6
    }
  }

  prefixOf(number: number): Prefix | undefined {
    return this.#identities[number]?.prefix6
  }

  /** `session` as `sessionAt` has it. */
  numberOf(session: number): number | undefined {
    return this.#numbers.get(session)
  }

  secretOf(number: number): TunnelSecret | undefined {
    const identity = this.#identities[number]
    return identity && tunnelSecretOf(identity)
  }

  #prefixOf({ prefix6 }: TunnelIdentity): number {
    if (prefix6 === undefined || this.#pool === undefined) return -1
    return numberInPool(this.#pool, prefix6.address, 0)
  }
}

function sessionOf({ sessionId }: TunnelIdentity): number {
  return readKey(Buffer.from(sessionId, 'hex'), 0)
}
