/**
 * Who asks, and whether they may: a bearer token, its role, and how often. Wrong tokens are counted by
 * source; what is answered to them depends on nothing but that count.
 */
import type { FastifyRequest } from 'fastify'
import { TokenBuckets } from '../../../shared/core/token-buckets.ts'
import { sourceKey } from '../../subscribers/source.ts'
import {
  type Holder,
  hashOfToken,
  ROLES,
  type Role,
  type Tokens,
} from '../../subscribers/tokens.ts'
import { Problem } from './problem.ts'

/** Who may read our own files. */
export const LOCAL: Holder = { name: 'local', role: 'admin' }

export interface AccessLimits {
  readonly requestsPerS: number
  readonly wrongTokensPerS: number
}

export class Access {
  readonly #tokens: Tokens
  /** Of who may read our own files. */
  readonly #localHash: string
  readonly #limits: AccessLimits
  readonly #asked = new TokenBuckets(NAMES_MAX)
  readonly #wrong = new TokenBuckets(NAMES_MAX)

  constructor(tokens: Tokens, localToken: string, limits: AccessLimits) {
    this.#tokens = tokens
    this.#localHash = hashOfToken(localToken)
    this.#limits = limits
  }

  /** Who asks; throws a Problem when it is nobody, or somebody who may not. */
  admit(request: Pick<FastifyRequest, 'headers' | 'ip'>, needs: Role, nowMs: number): Holder {
    const [, token = ''] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    const holder = this.#holderOf(token)
    if (holder === undefined) {
      spend(this.#wrong, sourceKey(request.ip), this.#limits.wrongTokensPerS, nowMs)
      throw new Problem(401, 'Show a token: Authorization: Bearer ...; an admin makes one')
    }
    spend(this.#asked, holder.name, this.#limits.requestsPerS, nowMs)
    if (ROLES.indexOf(holder.role) >= ROLES.indexOf(needs)) return holder
    throw new Problem(403, `This needs the role ${needs}, and ${holder.name} is ${holder.role}`)
  }

  #holderOf(token: string): Holder | undefined {
    if (token !== '' && hashOfToken(token) === this.#localHash) return LOCAL
    return this.#tokens.holderOf(token, Date.now())
  }
}

function spend(buckets: TokenBuckets, name: string, perSecond: number, nowMs: number): void {
  if (buckets.spend(name, perSecond, nowMs)) return
  throw new Problem(429, 'Too many; wait a second', { retryAfterS: 1 })
}

const NAMES_MAX = 10_000
