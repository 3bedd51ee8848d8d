/**
 * The homes that are here now: one control session each (ADR 0036). Who comes a second time is the same home
 * after a restart, or another with its secret; which of the two stays is the operator's to say.
 */

import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { HomeReport } from '../../shared/config/control-messages.ts'
import { type LegName, legOfAddressId } from '../../shared/core/leg.ts'
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import type { DiagnosedSubflow } from '../../shared/wire/inet-diag.ts'
import type { MptcpEvent } from '../../shared/wire/mptcp-pm.ts'
import type { SubflowListener } from '../subscribers/doorkeeper.ts'
import { HomeSession } from './home-session.ts'
import type { StreetLog } from './log.ts'
import type { Home } from './session-homes.ts'
import type { Pointer, Refusal, SessionLink, SessionOwner } from './session-owner.ts'
import type { SpeedTests } from './speed-tests.ts'

export interface SessionsParts {
  readonly software: string
  readonly control: Pick<
    NonNullable<ConcentratorConfig['control']>,
    'duplicates' | 'reportS' | 'sessionsMax'
  >
  readonly homeOf: (id: string) => Home | undefined
  /** Whether what is known of that home may still be gone by. */
  readonly isTrusted: (id: string) => boolean
  readonly unixMs: () => number
  readonly enrol: SessionOwner['enrol']
  readonly cookieFor: (home: Home, leg: LegName, address: Uint8Array) => Uint8Array | undefined
  /** Where what a home tells is kept; what we saw of it since it told last. */
  readonly hear: (home: Home, report: HomeReport) => StreetInterval | undefined
  /** Where what a home tells of speed tests is kept. */
  readonly speedTests: Pick<SpeedTests, 'hear' | 'notUnderstood'>
  /** A connection from there did not prove what it said. */
  readonly unproven: (address: Uint8Array) => void
  readonly watch: SessionWatch
  readonly log: Pick<StreetLog, 'info' | 'warn'>
}

/** Who wants to know which homes are here. */
export interface SessionWatch {
  came(id: string, from: string): void
  /** `code`: what it was bidden to go for; undefined where it was lost. */
  went(id: string, code: string | undefined): void
}

/** What has happened since the start. */
export interface SessionCounts {
  opened: number
  refused: number
  replaced: number
  reports: number
  policiesApplied: number
}

export class Sessions implements SubflowListener {
  readonly counts: SessionCounts = {
    opened: 0,
    refused: 0,
    replaced: 0,
    reports: 0,
    policiesApplied: 0,
  }
  /** Sessions that were refused since the start, by the code that they heard. */
  readonly refusals = new Map<string, number>()
  readonly stale = false
  readonly #parts: SessionsParts
  readonly #byId = new Map<string, HomeSession>()
  readonly #byToken = new Map<number, HomeSession>()
  /** Connections that have not said who they are. */
  readonly #strangers = new Set<HomeSession>()

  #pointer: Pointer | undefined

  constructor(parts: SessionsParts) {
    this.#parts = parts
  }

  get size(): number {
    return this.#byId.size
  }

  /** Sessions by the homes' ids, for whoever shows them. */
  all(): Iterable<HomeSession> {
    return this.#byId.values()
  }

  /** The session of that home, once it has proven itself. */
  of(id: string): HomeSession | undefined {
    return this.#byId.get(id)
  }

  /** Which home's session that connection is, by its number. */
  numberOf(token: number): number | undefined {
    return this.#byToken.get(token)?.home?.number
  }

  /** A connection has come. `failed` hears mistakes of ours. */
  open(link: SessionLink, failed: (error: unknown) => void): void {
    const { software, control, homeOf, unixMs, cookieFor, enrol, speedTests } = this.#parts
    const session = new HomeSession(link, {
      software,
      reportS: control.reportS,
      homeOf,
      unixMs,
      cookieFor,
      enrol,
      failed,
      admit: (one) => this.#admit(one),
      report: ({ home }, report) => {
        this.counts.reports++
        return home && this.#parts.hear(home, report)
      },
      welcomed: (one) => {
        if (this.#pointer !== undefined) one.point(this.#pointer)
      },
      tested: ({ home }, news) => home && speedTests.hear(home.id, news),
      notUnderstood: ({ home }, type) => home && speedTests.notUnderstood(home.id, type),
      applied: (one, version, problem) => this.#applied(one, version, problem),
      refused: (one, code) => this.#refused(one, code),
      ended: (one, why) => this.#ended(one, why),
    })
    this.#strangers.add(session)
    setTimeout(() => {
      if (this.#strangers.has(session)) session.bid(TOO_SLOW)
    }, GREETING_MS_MAX).unref()
  }

  /** Something about that home is another now: its policy, its secret, or whether it may be here at all. */
  look(id: string): void {
    const session = this.#byId.get(id)
    if (session === undefined) return
    const home = this.#parts.homeOf(id)
    // Who has come with a secret that was replaced may be the one for whom it was replaced.
    if (home === undefined || !session.isStill(home)) session.bid(NOT_ANY_MORE)
    else session.pushPolicy(home)
  }

  /** The policy of many of them may be another. */
  lookAtPolicies(): void {
    for (const [id, session] of this.#byId) {
      const home = this.#parts.homeOf(id)
      if (home !== undefined) session.pushPolicy(home)
    }
  }

  /** Where else homes may go, and whether they shall: told to all that are here, and to all that come. */
  point(pointer: Pointer): void {
    this.#pointer = pointer
    for (const session of this.#byId.values()) session.point(pointer)
  }

  /** Everybody shall go, and come again after about so long. */
  bidAll(refusal: Refusal): void {
    for (const session of [...this.#byId.values(), ...this.#strangers]) session.bid(refusal)
  }

  /** Cookies older than so many milliseconds are replaced. */
  renewCookies(olderMs: number): void {
    for (const session of this.#byId.values()) session.renew(olderMs)
  }

  hear(event: MptcpEvent): void {
    if (event.type !== 'subflowEstablished') return
    this.#joined(event.token, event.remoteId, event.remote.address)
  }

  resync(subflows: readonly DiagnosedSubflow[]): void {
    for (const { token, joined, remoteId, remote } of subflows) {
      if (joined) this.#joined(token, remoteId, remote.address)
    }
  }

  turn(): void {}

  #joined(token: number, addressId: number, address: Uint8Array): void {
    const leg = legOfAddressId(addressId)
    if (leg !== undefined) this.#byToken.get(token)?.standsOn(leg, address)
  }

  #admit(session: HomeSession): Refusal | undefined {
    const { home } = session
    if (home === undefined) return TOO_SLOW
    const { control, isTrusted, log } = this.#parts
    if (!isTrusted(home.id)) return STORE_AWAY
    const before = this.#byId.get(home.id)
    if (before === undefined && this.#byId.size >= control.sessionsMax) return FULL
    if (before !== undefined) {
      const at = {
        subscriber: home.id,
        from: formatAddress(session.link.from),
        stays: control.duplicates,
      }
      log.warn('home came a second time', at)
      if (control.duplicates === 'oldest') return HERE_ALREADY
      this.counts.replaced++
      this.#forget(before, REPLACED.code)
      before.bid(REPLACED)
    }
    this.counts.opened++
    this.#strangers.delete(session)
    this.#byId.set(home.id, session)
    const { token } = session.link
    if (token !== undefined) this.#byToken.set(token, session)
    log.info('home came', { subscriber: home.id, multipath: token !== undefined })
    this.#parts.watch.came(home.id, formatAddress(session.link.from))
    return undefined
  }

  #applied({ home }: HomeSession, version: string, problem: string | undefined): void {
    this.counts.policiesApplied++
    const at = { subscriber: home?.id, version }
    if (problem === undefined) this.#parts.log.info('policy applied', at)
    else this.#parts.log.warn('policy not applied', { ...at, why: problem })
  }

  #refused({ link }: HomeSession, code: string): void {
    this.counts.refused++
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1)
    if (code === 'not-authorized' || code === 'elsewhere') this.#parts.unproven(link.from)
  }

  #ended(session: HomeSession, why: string): void {
    this.#strangers.delete(session)
    if (this.#forget(session, session.bidden)) {
      this.#parts.log.info('home went', { subscriber: session.home?.id, why })
    }
  }

  /** True if it was the home's own. */
  #forget(session: HomeSession, code: string | undefined): boolean {
    const { home, link } = session
    if (link.token !== undefined && this.#byToken.get(link.token) === session) {
      this.#byToken.delete(link.token)
    }
    if (home === undefined || this.#byId.get(home.id) !== session) return false
    this.#byId.delete(home.id)
    this.#parts.watch.went(home.id, code)
    return true
  }
}

const GREETING_MS_MAX = 5_000
const TOO_SLOW = { code: 'too-slow', why: 'it did not say who it is', waitS: 5 }
const FULL = { code: 'full', why: 'no room for more sessions', waitS: 60 }
const HERE_ALREADY = { code: 'here-already', why: 'it has a session already', waitS: 60 }
const NOT_ANY_MORE = {
  code: 'not-authorized',
  why: 'not known here any more, or not by that secret',
  waitS: 60,
}
const STORE_AWAY = {
  code: 'store-away',
  why: 'nobody can be asked whether it may still come',
  waitS: 60,
}
const REPLACED = { code: 'replaced', why: 'it came a second time', waitS: 120 }
