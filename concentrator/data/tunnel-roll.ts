/**
 * The homes that may have a tunnel, as its thread knows them: whose session a frame names, and what the keys
 * of that home come from. They are made when it is first heard, for most homes of a street are silent.
 */
import type { TunnelSecret } from '../../shared/tunnel/keys.ts'
import { readKey } from '../../shared/wire/tunnel.ts'
import { tunnelSecretOf } from '../subscribers/records.ts'
import type { TunnelIdentity, TunnelLetter } from './tunnel-room.ts'

export class TunnelRoll {
  readonly #identities: Array<TunnelIdentity | undefined> = []
  readonly #numbers = new Map<number, number>()

  constructor(homes: ReadonlyArray<TunnelIdentity | undefined>) {
    for (const [number, identity] of homes.entries()) this.change({ number, identity })
  }

  change({ number, identity }: TunnelLetter): void {
    const before = this.#identities[number]
    if (before !== undefined) {
      const session = sessionOf(before)
      // Another may have it by now.
      if (this.#numbers.get(session) === number) this.#numbers.delete(session)
    }
    this.#identities[number] = identity
    if (identity !== undefined) this.#numbers.set(sessionOf(identity), number)
  }

  /** `session` as `sessionAt` has it. */
  numberOf(session: number): number | undefined {
    return this.#numbers.get(session)
  }

  secretOf(number: number): TunnelSecret | undefined {
    const identity = this.#identities[number]
    return identity && tunnelSecretOf(identity)
  }
}

function sessionOf({ sessionId }: TunnelIdentity): number {
  return readKey(Buffer.from(sessionId, 'hex'), 0)
}
