/**
 * The homes that may come, by number, as a thread knows them. The main thread says who comes and goes
 * (roster.ts); each thread keeps a roll of its own.
 */
import { hash } from 'node:crypto'
import type { Acl } from '../../shared/core/admission.ts'
import { type Owner, PrefixTies } from '../../shared/core/tie.ts'
import type { Prefix } from '../../shared/wire/address.ts'

/** A home as a data thread sees it: its number is who it is, its name is elsewhere. */
export interface StreetSubscriber {
  /** SHA-256 of its provisioned cookie, in hex digits. */
  readonly cookieHash: string
  /** What stands for it in the cookies that we issue. */
  readonly pseudonym: Uint8Array
  /** Where it comes from, by leg number; empty when that was not said. */
  readonly prefixes: ReadonlyArray<{ readonly prefix: Prefix; readonly leg: number }>
  readonly acl: Acl
  /** Which addresses of the pool are its own, by their place there. */
  readonly egress: EgressChoice
}

export interface EgressChoice {
  readonly ipv4: number | undefined
  readonly ipv6: number | undefined
}

/** What the main thread tells the others: somebody has come, is another, or has gone. */
export interface RollChange {
  readonly number: number
  readonly subscriber: StreetSubscriber | undefined
}

export class Roll {
  readonly #homes: Array<StreetSubscriber | undefined> = []
  /** By hash, so that how long the search takes says nothing about the cookie. */
  readonly #numbers = new Map<string, number>()
  readonly #prefixes = new PrefixTies()

  constructor(homes: ReadonlyArray<StreetSubscriber | undefined>) {
    for (const [number, subscriber] of homes.entries()) this.change({ number, subscriber })
  }

  change({ number, subscriber }: RollChange): void {
    const before = this.#homes[number]
    if (before !== undefined) {
      // Another may have the cookie by now.
      if (this.#numbers.get(before.cookieHash) === number) this.#numbers.delete(before.cookieHash)
      for (const { prefix, leg } of before.prefixes) {
        this.#prefixes.remove(prefix, { subscriber: number, leg })
      }
    }
    this.#homes[number] = subscriber
    if (subscriber === undefined) return
    this.#numbers.set(subscriber.cookieHash, number)
    for (const { prefix, leg } of subscriber.prefixes) {
      this.#prefixes.add(prefix, { subscriber: number, leg })
    }
  }

  /** Undefined for who may not come any more. */
  get(number: number): StreetSubscriber | undefined {
    return this.#homes[number]
  }

  /** Whose provisioned cookie this is. */
  numberOf(cookie: Uint8Array): number | undefined {
    return this.#numbers.get(hash('sha256', cookie, 'hex'))
  }

  /** Whose address this is, by what the operator says. */
  ownerOf(address: Uint8Array): Owner | undefined {
    return this.#prefixes.ownerOf(address)
  }
}
