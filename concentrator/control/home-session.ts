/**
 * One home's control session, as the concentrator holds it (ADR 0036).
 *
 *    greeting ── hello, proven ──▶ open ── gone, silent, replaced ──▶ over
 *        └────── not proven, no common version, full ─────────────────▶ over
 */
import { timingSafeEqual } from 'node:crypto'
import {
  type FromConcentrator,
  type FromHome,
  type HomeReport,
  spoken,
  understandHome,
  versionOfBoth,
} from '../../shared/config/control-messages.ts'
import type { SpeedTestOrder } from '../../shared/config/speed-messages.ts'
import type { LegName } from '../../shared/core/leg.ts'
import { spendToken, ticksAt } from '../../shared/core/token-bucket.ts'
import { Channel } from '../../shared/session/channel.ts'
import { credentialOf, isProof } from '../../shared/session/credential.ts'
import { isIpv4 } from '../../shared/wire/address.ts'
import type { FrameObject } from '../../shared/wire/control-frame.ts'
import { type Home, isFrom } from './session-homes.ts'
import type { Pointer, Refusal, SessionLink, SessionOwner } from './session-owner.ts'

export class HomeSession {
  readonly link: SessionLink
  readonly #owner: SessionOwner
  readonly #channel: Channel
  #home: Home | undefined
  #enrolling = false
  /** What it has proven itself by. */
  #verifier: Uint8Array = NOBODY
  #toldVersion: string | undefined
  #appliedVersion: string | undefined
  #bidden: string | undefined
  #policyAppliedMs: number | undefined
  #report: HomeReport | undefined
  /** The bucket of what it may say. */
  #said = 0
  /** By leg: the address that the last cookie was issued to, and when. */
  readonly #issued = new Map<LegName, { address: Uint8Array; atMs: number }>()

  constructor(link: SessionLink, owner: SessionOwner) {
    this.link = link
    this.#owner = owner
    const silenceMs = Math.max(SILENCE_MS_MIN, SILENT_REPORTS * owner.reportS * 1_000)
    this.#channel = new Channel(link.socket, silenceMs, {
      hear: (object) => this.#hear(object),
      ended: (why) => owner.ended(this, why),
      failed: (error) => owner.failed(error),
    })
  }

  /** Undefined until it has proven itself. */
  get home(): Home | undefined {
    return this.#home
  }

  /** The version of the policy that the home has told to run with. */
  get appliedVersion(): string | undefined {
    return this.#appliedVersion
  }

  /** The code of what it was bidden to go for; undefined where nobody did. */
  get bidden(): string | undefined {
    return this.#bidden
  }

  /** When it answered, Unix milliseconds. */
  get policyAppliedMs(): number | undefined {
    return this.#policyAppliedMs
  }

  /** What it has told last. */
  get report(): HomeReport | undefined {
    return this.#report
  }

  /** Whether who has proven itself then would be let in as that home now. */
  isStill(home: Home): boolean {
    return (
      this.#home?.number === home.number &&
      timingSafeEqual(this.#verifier, home.verifier) &&
      isFrom(home, this.link.from)
    )
  }

  /** Tell it the policy that it shall have now, unless it was told that one last. */
  pushPolicy({ policy }: Home): void {
    if (policy.version === this.#toldVersion) return
    this.#toldVersion = policy.version
    this.#say({ type: 'policy', ...policy })
  }

  /** A subflow of the session stands on this leg, and comes from there. */
  standsOn(leg: LegName, address: Uint8Array): void {
    if (this.#home === undefined) return
    const before = this.#issued.get(leg)
    if (before?.address.every((byte, i) => byte === address[i]) === true) return
    this.#issue(this.#home, leg, address)
  }

  /** Cookies older than so many milliseconds are replaced. */
  renew(olderMs: number): void {
    if (this.#home === undefined) return
    for (const [leg, { address, atMs }] of this.#issued) {
      if (this.#owner.unixMs() - atMs >= olderMs) this.#issue(this.#home, leg, address)
    }
  }

  /** Where else it may go. */
  point(message: Pointer): void {
    this.#say({ type: 'concentrators', ...message })
  }

  orderTest(order: SpeedTestOrder): void {
    this.#say({ type: 'speedTest', ...order })
  }

  bid(refusal: Refusal): void {
    this.#bidden ??= refusal.code
    this.#say({ type: 'goodbye', ...refusal })
    this.#channel.end(refusal.why)
  }

  #hear(object: FrameObject): void {
    const spent = spendToken(this.#said, MESSAGES_PER_S_MAX, ticksAt(performance.now()))
    if (spent === undefined) return this.#channel.end('it says too much')
    this.#said = spent
    const understood = understandHome(object)
    switch (understood.kind) {
      case 'wrong':
        return this.#channel.end(understood.why)
      case 'unknown':
        return this.#say({ type: 'unknown', of: understood.of })
      case 'message':
        return this.#obey(understood.message)
    }
  }

  #obey(message: FromHome): void {
    if (message.type === 'hello') return this.#greeted(message)
    if (message.type === 'enrol') return this.#enrol(message)
    if (this.#home === undefined) return this.#channel.end('it did not say who it is first')
    switch (message.type) {
      case 'report': {
        this.#report = { ...message, reasons: [], intervals: [] }
        const street = this.#owner.report(this, message)
        const timeMs = this.#owner.unixMs()
        return this.#say({ type: 'heard', timeMs, ...(street && { street }) })
      }
      case 'applied':
        this.#appliedVersion = message.version
        this.#policyAppliedMs = this.#owner.unixMs()
        return this.#owner.applied(this, message.version, message.problem)
      case 'speedTest':
        return this.#owner.tested(this, message)
      case 'unknown':
        return this.#owner.notUnderstood(this, message.of)
    }
  }

  #greeted(hello: Extract<FromHome, { type: 'hello' }>): void {
    if (this.#home !== undefined || this.#enrolling) {
      return this.#channel.end('it said who it is a second time')
    }
    const { exporter, from } = this.link
    const home = this.#owner.homeOf(hello.id)
    // Of nobody it takes as long: who is served here is not told by the clock either.
    const verifier = home?.verifier ?? credentialOf(NOBODY).verifier
    const proven = isProof(hello.proof, verifier, exporter, hello.id)
    if (home === undefined || !proven) return this.#refuse(NOT_AUTHORIZED)
    if (!isFrom(home, from)) return this.#refuse(ELSEWHERE)
    const version = versionOfBoth(hello.versions)
    if (version === undefined) return this.#refuse(NO_VERSION)
    this.#home = home
    this.#verifier = verifier
    this.link.known()
    const refusal = this.#owner.admit(this)
    if (refusal !== undefined) {
      this.#home = undefined
      return this.#refuse(refusal)
    }
    this.#channel.trust()
    const { software, reportS, unixMs } = this.#owner
    this.#say({ type: 'welcome', version, software, timeMs: unixMs(), reportS })
    // What lay on its policy for the session before, if that had to go, lies there no more.
    this.pushPolicy(this.#owner.homeOf(hello.id) ?? home)
    this.standsOn(hello.leg, from)
    this.#owner.welcomed(this)
  }

  #enrol(wish: Extract<FromHome, { type: 'enrol' }>): void {
    if (this.#home !== undefined || this.#enrolling) {
      return this.#channel.end('it said who it is a second time')
    }
    this.#enrolling = true
    if (versionOfBoth(wish.versions) === undefined) return this.#refuse(NO_VERSION)
    this.#owner.enrol(wish, this.link.from).then(
      (answer) => {
        if ('why' in answer) return this.#refuse(answer)
        this.#say({ type: 'enrolled', id: answer.id })
        this.#channel.end('it is enrolled')
      },
      (error: unknown) => this.#owner.failed(error),
    )
  }

  #refuse(refusal: Refusal): void {
    this.#owner.refused(this, refusal.code)
    this.bid(refusal)
  }

  #issue(home: Home, leg: LegName, address: Uint8Array): void {
    const cookie = this.#owner.cookieFor(home, leg, address)
    this.#issued.set(leg, { address, atMs: this.#owner.unixMs() })
    if (cookie === undefined) return
    const family = isIpv4(address) ? 'ipv4' : 'ipv6'
    this.#say({ type: 'cookie', leg, family, cookie: spoken(cookie) })
  }

  #say(message: Spoken<FromConcentrator>): void {
    this.#channel.say(message)
  }
}

/** As it crosses: bytes are text. */
type Spoken<Message> = Message extends { readonly cookie: Uint8Array }
  ? Omit<Message, 'cookie'> & { readonly cookie: string }
  : Message

const NOBODY = new Uint8Array(32)
const NOT_AUTHORIZED = {
  code: 'not-authorized',
  why: 'not known here, or not proven',
  waitS: 60,
}
export const ELSEWHERE = { code: 'elsewhere', why: 'it comes from outside its prefixes', waitS: 60 }
const NO_VERSION = { code: 'version', why: 'no version that both speak', waitS: 600 }

/** A home says a dozen in a minute; each is work for the one thread that all homes share, and may be a line in the log. */
const MESSAGES_PER_S_MAX = 50
/** A session whose home has not been heard for so many reports has lost it. */
const SILENT_REPORTS = 3
/** A home on LTE alone reports once a minute. */
const SILENCE_MS_MIN = 200_000
