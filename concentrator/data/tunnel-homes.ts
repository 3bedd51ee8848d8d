/**
 * Which homes have a tunnel, while they come and go. Rules are rendered for all homes together, so seldom;
 * until its own stand a home has no tunnel, or it would go where it may not. Who goes loses it at once.
 *
 *   comes, or has another cookie ──▶ waits ──its rules stand──▶ has a tunnel ──goes──▶ nothing
 */
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { Home } from '../subscribers/homes.ts'
import type { TunnelIdentity, TunnelLetter } from './tunnel-room.ts'

export interface TunnelHomesParts {
  /** Whether there is an address inside for this number. */
  readonly hasPlace: (number: number) => boolean
  /** Make the rules of these homes, by number, stand. Rejects with a sentence. */
  readonly apply: (homes: ReadonlyArray<Home | undefined>) => Promise<void>
  /** To the tunnel's thread. */
  readonly tell: (letter: TunnelLetter) => void
  /** Nobody has this number any more: what the kernel remembers of its flows is to be forgotten. */
  readonly forget: (number: number) => void
  readonly warn: (what: string, fields: { readonly why: string }) => void
  /** Between two renderings. Resolves early when `signal` says so. */
  readonly pause: (signal: AbortSignal) => Promise<void>
}

export class TunnelHomes {
  readonly #parts: TunnelHomesParts
  readonly #homes: Array<Home | undefined> = []
  /** Of those that have a tunnel. */
  readonly #identities: Array<TunnelIdentity | undefined> = []
  readonly #placeless = new Set<number>()
  readonly #ending = new AbortController()
  #rendered: Promise<void> | undefined
  #changed = false
  #refused = ''

  constructor(homes: ReadonlyArray<Home | undefined>, parts: TunnelHomesParts) {
    this.#parts = parts
    for (const [number, home] of homes.entries()) {
      this.#homes[number] = this.#placed(number, home)
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
    this.#homes[number] = placed
    const identity = this.#identities[number]
    if (identity !== undefined && (placed === undefined || !isSame(identity, placed.verifier))) {
      this.#identify(number, undefined)
    }
    if (placed === undefined) this.#parts.forget(number)
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
      this.#parts.warn('home without a tunnel', { why })
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
        if (why !== this.#refused) this.#parts.warn('rules of the tunnel', { why })
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
      this.#identify(number, { sessionId, controlKey })
    }
  }

  #identify(number: number, identity: TunnelIdentity | undefined): void {
    this.#identities[number] = identity
    this.#parts.tell({ number, identity })
  }
}

function isSame(one: TunnelIdentity, other: TunnelIdentity): boolean {
  return one.sessionId === other.sessionId && one.controlKey === other.controlKey
}
