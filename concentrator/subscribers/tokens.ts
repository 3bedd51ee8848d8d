/**
 * Who may use the API: tokens by their hash. The token itself is told once, to who made it.
 */
import { hash, randomBytes } from 'node:crypto'
import { z } from 'zod'
import type { JsonObject } from './keeper.ts'

/** Each may do what those before it may. */
export const ROLES = ['reader', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

const tokenBody = z.strictObject({
  role: z.enum(ROLES),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  /** Unix time; none: until it is removed. */
  untilMs: z.int().min(0).optional(),
})

export interface Holder {
  readonly name: string
  readonly role: Role
}

interface KeptToken extends Holder {
  readonly hash: string
  readonly version: number
  readonly untilMs: number | undefined
}

export class Tokens {
  readonly #byName = new Map<string, KeptToken>()
  readonly #byHash = new Map<string, KeptToken>()

  /** `body` is undefined where the token is gone. Answers what is wrong with it. */
  set(name: string, version: number, body: JsonObject | undefined): string | undefined {
    const before = this.#byName.get(name)
    if (body === undefined) {
      this.#byName.delete(name)
      if (before !== undefined) this.#byHash.delete(before.hash)
      return undefined
    }
    const parsed = tokenBody.safeParse(body)
    if (!parsed.success) return parsed.error.issues[0]?.message ?? 'is no record of a token'
    if (before !== undefined) this.#byHash.delete(before.hash)
    const token = { ...parsed.data, untilMs: parsed.data.untilMs, name, version }
    this.#byName.set(name, token)
    this.#byHash.set(token.hash, token)
    return undefined
  }

  /** By hash, so that how long the search takes says nothing about the token. */
  holderOf(token: string, nowMs: number): Holder | undefined {
    const kept = this.#byHash.get(hashOfToken(token))
    if (kept === undefined || (kept.untilMs !== undefined && kept.untilMs <= nowMs))
      return undefined
    return kept
  }

  get(name: string): KeptToken | undefined {
    return this.#byName.get(name)
  }

  list(): KeptToken[] {
    return [...this.#byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  forget(): void {
    this.#byName.clear()
    this.#byHash.clear()
  }
}

export function newToken(): string {
  return `hyb_${randomBytes(TOKEN_BYTES).toString('base64url')}`
}

export function hashOfToken(token: string): string {
  return hash('sha256', token, 'hex')
}

/** As long as what it is hashed with: nobody tries them all, so one round of hashing is enough. */
const TOKEN_BYTES = 32
