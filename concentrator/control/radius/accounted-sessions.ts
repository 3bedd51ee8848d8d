/**
 * The sessions that are told of over RADIUS, and what each has carried so far.
 *
 *    home came ──▶ start      every interimS ──▶ interimUpdate      home went ──▶ settling ──▶ stop
 *
 * The counters are taken out every few seconds (subscribers/accounting.ts): a session that has ended waits for the last
 * of them before its stop is told, dated when it ended.
 */
import type { TerminateCause } from '../../../shared/wire/radius-attributes.ts'
import type { Octets } from '../../subscribers/keeper.ts'
import { added, NO_OCTETS } from '../../subscribers/usage.ts'
import type { AccountingRecord } from './accounting-record.ts'

export type Cause = (typeof TerminateCause)[keyof typeof TerminateCause]

export interface AccountedParts {
  readonly tell: (record: AccountingRecord) => void
  readonly interimMs: number
  /** For how long octets of a session that has ended may still come; undefined where nothing is counted. */
  readonly settleMs: number | undefined
  /** Another each time, over restarts too. */
  readonly newSessionId: () => string
}

interface AccountedSession {
  readonly session: string
  readonly user: string
  readonly from: string
  readonly startedMs: number
  octets: Octets | undefined
  nextMs: number
  ended: { readonly atMs: number; readonly cause: Cause } | undefined
}

export class AccountedSessions {
  readonly #parts: AccountedParts
  /** By the home's id. */
  readonly #open = new Map<string, AccountedSession>()
  /** Ended, by the home's id. */
  readonly #settling = new Map<string, AccountedSession>()

  constructor(parts: AccountedParts) {
    this.#parts = parts
  }

  /** Acct-Session-Id of the session that a home has. */
  idOf(user: string): string | undefined {
    return this.#open.get(user)?.session
  }

  /** Whose session has this Acct-Session-Id. */
  userOf(session: string): string | undefined {
    for (const one of this.#open.values()) if (one.session === session) return one.user
    return undefined
  }

  /** `nowMs` is Unix time in all that follows. */
  came(user: string, from: string, nowMs: number): void {
    const { newSessionId, interimMs, settleMs, tell } = this.#parts
    const one: AccountedSession = {
      session: newSessionId(),
      user,
      from,
      startedMs: nowMs,
      octets: settleMs === undefined ? undefined : NO_OCTETS,
      nextMs: nowMs + interimMs,
      ended: undefined,
    }
    this.#open.set(user, one)
    tell(recordOf(one, 'start', nowMs))
  }

  went(user: string, cause: Cause, nowMs: number): void {
    const one = this.#open.get(user)
    if (one === undefined) return
    this.#open.delete(user)
    one.ended = { atMs: nowMs, cause }
    const before = this.#settling.get(user)
    if (before !== undefined) this.#stop(before)
    if (this.#parts.settleMs === undefined) this.#stop(one)
    else this.#settling.set(user, one)
  }

  /** So much was counted since the last time; of a home without a session it is the last one's. */
  used(user: string, octets: Octets): void {
    const one = this.#open.get(user) ?? this.#settling.get(user)
    if (one !== undefined) one.octets = added(one.octets ?? NO_OCTETS, octets)
  }

  /** Tell what is due. */
  turn(nowMs: number): void {
    const { interimMs, settleMs = 0, tell } = this.#parts
    for (const one of this.#open.values()) {
      // A clock that was put back waits no longer than one that goes on.
      if (nowMs < one.nextMs && one.nextMs - nowMs <= interimMs) continue
      one.nextMs = nowMs + interimMs
      tell(recordOf(one, 'interimUpdate', nowMs))
    }
    for (const one of this.#settling.values()) {
      const sinceMs = nowMs - (one.ended?.atMs ?? 0)
      if (sinceMs < 0 || sinceMs >= settleMs) this.#stop(one)
    }
  }

  /** We go: whatever has been counted is all there is. */
  endAll(cause: Cause, nowMs: number): void {
    for (const user of [...this.#open.keys()]) this.went(user, cause, nowMs)
    for (const one of this.#settling.values()) this.#stop(one)
  }

  #stop(one: AccountedSession): void {
    if (this.#settling.get(one.user) === one) this.#settling.delete(one.user)
    this.#parts.tell(recordOf(one, 'stop', one.ended?.atMs ?? one.startedMs))
  }
}

function recordOf(
  { session, user, from, startedMs, octets, ended }: AccountedSession,
  status: AccountingRecord['status'],
  atMs: number,
): AccountingRecord {
  return {
    status,
    session,
    atMs,
    about: { user, from, startedMs, octets, cause: ended?.cause },
  }
}
