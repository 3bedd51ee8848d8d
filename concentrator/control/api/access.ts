/**
 * Who asks, and whether they may: a bearer token, its role, and how often. Wrong tokens are counted by
 * source; what is answered to them depends on nothing but that count.
 */
import type { FastifyRequest } from 'fastify'
import { spendToken, ticksAt } from '../../../shared/core/token-bucket.ts'
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
  readonly #asked = new Map<string, number>()
  readonly #wrong = new Map<string, number>()

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
      this.#spend(this.#wrong, sourceKey(request.ip), this.#limits.wrongTokensPerS, nowMs)
      throw new Problem(401, 'Show a token: Authorization: Bearer ...; an admin makes one')
    }
    this.#spend(this.#asked, holder.name, this.#limits.requestsPerS, nowMs)
    if (ROLES.indexOf(holder.role) >= ROLES.indexOf(needs)) return holder
    throw new Problem(403, `This needs the role ${needs}, and ${holder.name} is ${holder.role}`)
  }

  #holderOf(token: string): Holder | undefined {
    if (token !== '' && hashOfToken(token) === this.#localHash) return LOCAL
    return this.#tokens.holderOf(token, Date.now())
  }

  #spend(cells: Map<string, number>, name: string, perSecond: number, nowMs: number): void {
    const cell = spendToken(cells.get(name) ?? 0, perSecond, ticksAt(nowMs))
    if (cell === undefined) throw new Problem(429, 'Too many; wait a second', { retryAfterS: 1 })
    // The oldest is forgotten: it is the one whose bucket is most likely full again.
    cells.delete(name)
    cells.set(name, cell)
    const [oldest] = cells.keys()
    if (cells.size > CELLS_MAX && oldest !== undefined) cells.delete(oldest)
  }
}

const CELLS_MAX = 10_000
