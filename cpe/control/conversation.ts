/**
 * One control session, as the home holds it: it says who it is, takes what it is sent, and reports (ADR 0036).
 *
 *    greeting ── welcome ──▶ open ── goodbye, silence, the leg dies ──▶ over
 */
import type { Duplex } from 'node:stream'
import {
  CONTROL_VERSIONS,
  type FromConcentrator,
  type FromHome,
  type HomeReport,
  spoken,
  understandConcentrator,
} from '../../shared/config/control-messages.ts'
import { streetSaid } from '../../shared/config/interval-messages.ts'
import type { SpeedTestNews, SpeedTestOrder } from '../../shared/config/speed-messages.ts'
import type { LegName } from '../../shared/core/leg.ts'
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import { Channel } from '../../shared/session/channel.ts'
import { type Credential, proofOf } from '../../shared/session/credential.ts'
import type { FrameObject } from '../../shared/wire/control-frame.ts'
import type { SentPolicy } from './policy-layers.ts'

export interface ConversationParts {
  readonly id: string
  readonly credential: Credential
  readonly software: string
  /** The concentrator's clock. */
  readonly timeIs: (unixMs: number) => void
  /** What is wrong with it, or undefined when it is applied. */
  readonly policy: (sent: SentPolicy) => string | undefined
  /** Where else this home may go, and whether it shall. */
  readonly concentrators: (pointer: Pointer) => void
  /** Begin a speed test, or stop it. */
  readonly speedTest: (order: SpeedTestOrder) => void
  readonly cookie: (leg: LegName, family: 'ipv4' | 'ipv6', cookie: Uint8Array) => void
  readonly report: () => HomeReport
  /** The last report has arrived, and that is what the concentrator saw of the house meanwhile. */
  readonly heard: (street: StreetInterval | undefined) => void
  /** Milliseconds until the next report, where the concentrator wants one every so many. */
  readonly pace: (reportMs: number) => number
  readonly opened: () => void
  readonly ended: (end: ConversationEnd) => void
  readonly failed: (error: unknown) => void
}

export type Pointer = Omit<Extract<FromConcentrator, { type: 'concentrators' }>, 'type'>

export interface ConversationEnd {
  readonly why: string
  /** Seconds that the concentrator wants to be left alone. */
  readonly waitS: number
  /** It was open. */
  readonly opened: boolean
}

export class Conversation {
  readonly #parts: ConversationParts
  readonly #channel: Channel
  #opened = false
  #bidden: { readonly why: string; readonly waitS: number } | undefined
  #reportMs = 0
  #timer: NodeJS.Timeout | undefined
  #unheard: NodeJS.Timeout | undefined

  constructor(
    link: { readonly socket: Duplex; readonly exporter: Uint8Array; readonly leg: LegName },
    parts: ConversationParts,
  ) {
    this.#parts = parts
    this.#channel = new Channel(link.socket, SILENCE_MS, {
      hear: (object) => this.#hear(object),
      ended: (why) => this.#ended(why),
      failed: parts.failed,
    })
    this.#channel.trust()
    const { id, credential, software } = parts
    const proof = spoken(proofOf(credential, link.exporter, id))
    this.#say({ type: 'hello', versions: CONTROL_VERSIONS, id, proof, software, leg: link.leg })
  }

  end(why: string): void {
    this.#channel.end(why)
  }

  /** How the speed test goes that was ordered. */
  tellTest(news: SpeedTestNews): void {
    this.#say({ type: 'speedTest', ...news })
  }

  #hear(object: FrameObject): void {
    const understood = understandConcentrator(object)
    switch (understood.kind) {
      case 'wrong':
        return this.end(understood.why)
      case 'unknown':
        return this.#say({ type: 'unknown', of: understood.of })
      case 'message':
        return this.#obey(understood.message)
    }
  }

  #obey(message: FromConcentrator): void {
    switch (message.type) {
      case 'goodbye':
        this.#bidden = message
        return this.end(`${message.code}: ${message.why}`)
      case 'welcome':
        this.#opened = true
        this.#parts.opened()
        this.#parts.timeIs(message.timeMs)
        this.#reportMs = message.reportS * 1_000
        return this.#report()
      case 'heard':
        clearTimeout(this.#unheard)
        this.#unheard = undefined
        this.#parts.heard(message.street && streetSaid(message.street))
        return this.#parts.timeIs(message.timeMs)
      case 'enrolled':
      case 'unknown':
        return
      case 'concentrators':
      case 'cookie':
      case 'policy':
      case 'speedTest':
        // Before it has welcomed us it has no business to tell us what to do.
        return this.#opened ? this.#follow(message) : this.end('it did not welcome us first')
    }
  }

  #follow(message: Extract<FromConcentrator, { type: OrderType }>): void {
    switch (message.type) {
      case 'concentrators':
        return this.#parts.concentrators(message)
      case 'cookie':
        return this.#parts.cookie(message.leg, message.family, message.cookie)
      case 'policy':
        return this.#adopt(message)
      case 'speedTest':
        return this.#parts.speedTest(message)
    }
  }

  #adopt({ version, document }: SentPolicy): void {
    const problem = this.#parts.policy({ version, document })
    this.#say({ type: 'applied', version, ...(problem !== undefined && { problem }) })
  }

  #report(): void {
    clearTimeout(this.#timer)
    try {
      this.#say({ type: 'report', ...this.#parts.report() })
    } catch (error) {
      this.#parts.failed(error)
      return
    }
    // Reports may follow each other faster than patience ends: what waits is the first of them.
    this.#unheard ??= setTimeout(
      () => this.end('it does not hear our reports'),
      UNHEARD_MS_MAX,
    ).unref()
    this.#timer = setTimeout(() => this.#report(), this.#parts.pace(this.#reportMs)).unref()
  }

  #ended(why: string): void {
    clearTimeout(this.#timer)
    clearTimeout(this.#unheard)
    const waitS = this.#bidden?.waitS ?? 0
    this.#parts.ended({ why: this.#bidden?.why ?? why, waitS, opened: this.#opened })
  }

  #say(message: Spoken<FromHome>): void {
    this.#channel.say(message)
  }
}

/** What the home is told to do. */
type OrderType = 'concentrators' | 'cookie' | 'policy' | 'speedTest'

/** As it crosses: bytes are text. */
type Spoken<Message> = Message extends { readonly proof: Uint8Array }
  ? Omit<Message, 'proof'> & { readonly proof: string }
  : Message

/** Longer than the longest pause between two reports, each of which is answered. */
const SILENCE_MS = 4_000_000
/** A session that takes longer than this to move to the other leg is opened anew. */
const UNHEARD_MS_MAX = 8_000
