/**
 * Which homes have a tunnel, while they come and go. Rules are rendered for all homes together, so seldom;
 * until its own stand a home has no tunnel, or it would go where it may not. Who goes loses it at once.
 *
 *   comes, or has another cookie ──▶ waits ──its rules stand──▶ has a tunnel ──goes──▶ nothing
 */

import { sentenceOf } from '../../shared/daemon/log.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import type { StreetLog } from '../control/log.ts'
import type { Home } from '../subscribers/homes.ts'
import type { TunnelIdentity, TunnelLetter } from './tunnel-room.ts'

export interface TunnelHomesParts {
  /** Whether there is an address inside for this number. */
  readonly hasPlace: (number: number) => boolean
  /** Make the rules of these homes, by number, stand. Rejects with a sentence. */
  readonly apply: (homes: ReadonlyArray<Home | undefined>) => Promise<void>
  /** The prefix of the home that has this number from now on, or (undefined) of nobody. */
  readonly prefixOf: (number: number, home: Home | undefined) => Prefix | undefined
  /** To the tunnel's thread. */
  readonly tell: (letter: TunnelLetter) => void
  /** Nobody has this number any more: what the kernel remembers of its flows is to be forgotten. */
  readonly forget: (number: number) => void
  readonly log: Pick<StreetLog, 'warn'>
  /** Between two renderings. Resolves early when `signal` says so. */
  readonly pause: (signal: AbortSignal) => Promise<void>
}

export class TunnelHomes {
  readonly #parts: TunnelHomesParts
  readonly #homes: Array<Home | undefined> = []
  readonly #prefixes: Array<Prefix | undefined> = []
  /** Of those that have a tunnel. */
  readonly #identities: Array<TunnelIdentity | undefined> = []
  readonly #placeless = new Set<number>()
  readonly #ending = new AbortController()
  #rendered: Promise<void> | undefined
  #changed = false
  #refused = ''

  constructor(homes: ReadonlyArray<Home | undefined>, parts: TunnelHomesParts) {
    this.#parts = parts
    // Who was given a prefix has it before it comes of another's name.
    const given = (home: Home | undefined) => (home?.egress.prefix6 === undefined ? 1 : 0)
    const inOrder = [...homes.entries()].toSorted(([, a], [, b]) => given(a) - given(b))
    for (const [number, home] of inOrder) {
      const placed = this.#placed(number, home)
      this.#homes[number] = placed
      this.#prefixes[number] = parts.prefixOf(number, placed)
    }
  }

  /** The first rules; rejects with a sentence. To be called once, before any `change`. */
  async begin(): Promise<void> {
    await this.#render()
  }

  /** By number: who has a tunnel now, for a thread that is about to be born. */
  get identities(): ReadonlyArray<TunnelIdentity | undefined> {
    return this.#identities
  }

  /** Who has this number, while somebody has. */
  idOf(number: number): string | undefined {
    return this.#homes[number]?.id
  }

  /** The home of this number has come, is another, or (undefined) has gone. */
  change(number: number, home: Home | undefined): void {
    const placed = this.#placed(number, home)
    if (placed === undefined && this.#homes[number] === undefined) return
    if (placed === undefined) this.#parts.forget(number)
    this.#homes[number] = placed
    const prefix6 = this.#parts.prefixOf(number, placed)
    this.#prefixes[number] = prefix6
    const identity = this.#identities[number]
    const isOther =
      placed === undefined || identity === undefined || !isSame(identity, placed.verifier, prefix6)
    if (identity !== undefined && isOther) this.#identify(number, undefined)
    this.#changed = true
    this.#rendered ??= this.#renderWhileChanging()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort()
    await this.#rendered
  }

  #placed(number: number, home: Home | undefined): Home | undefined {
    if (home === undefined || this.#parts.hasPlace(number)) return home
    if (!this.#placeless.has(number)) {
      this.#placeless.add(number)
      const why = `there is no address for ${home.id} in tunnel.prefix4 and tunnel.prefix6`
      this.#parts.log.warn('home without a tunnel', { why })
    }
    return undefined
  }

  async #renderWhileChanging(): Promise<void> {
    const { signal } = this.#ending
    while (this.#changed && !signal.aborted) {
      try {
        await this.#render()
        this.#refused = ''
      } catch (error) {
        // They wait, and we try again; once is enough to hear why.
        this.#changed = true
        const why = sentenceOf(error)
        if (why !== this.#refused) this.#parts.log.warn('tunnel rules not set', { why })
        this.#refused = why
      }
      await this.#parts.pause(signal)
    }
    this.#rendered = undefined
  }

  async #render(): Promise<void> {
    this.#changed = false
    const homes = [...this.#homes]
    await this.#parts.apply(homes)
    for (const [number, home] of homes.entries()) {
      // Who has changed meanwhile waits for the next.
      if (home === undefined || this.#homes[number] !== home) continue
      if (this.#identities[number] !== undefined) continue
      const { sessionId, controlKey } = home.verifier
      this.#identify(number, { sessionId, controlKey, prefix6: this.#prefixes[number] })
    }
  }

  #identify(number: number, identity: TunnelIdentity | undefined): void {
    this.#identities[number] = identity
    this.#parts.tell({ number, identity })
  }
}

function isSame(
  one: TunnelIdentity,
  { sessionId, controlKey }: Pick<TunnelIdentity, 'sessionId' | 'controlKey'>,
  prefix6: Prefix | undefined,
): boolean {
  if (one.sessionId !== sessionId || one.controlKey !== controlKey) return false
  return one.prefix6?.address.join() === prefix6?.address.join()
}
