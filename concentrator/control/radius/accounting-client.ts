/**
 * Records on their way to a RADIUS server: each is said until one has answered, to the first server that does.
 *
 *    waiting ──▶ asked: 2 s, 4 s, 8 s ──answered──▶ told
 *       ▲                   └── silent: the server is left alone for 10 s, 20 s ... 5 min ──▶ the next server
 *       └───────────────────────────────────────────────┘
 *
 * A server that has not answered yet is asked one question at a time; others are asked meanwhile.
 */

import type { RadiusKeys } from '../../../shared/wire/radius.ts'
import {
  decodeRadius,
  encodeRadius,
  isGenuineRadius,
  RadiusCode,
} from '../../../shared/wire/radius.ts'
import type { StreetLog } from '../log.ts'
import { attributesOf } from './accounting-record.ts'
import type { KeptRecords, NumberedRecord } from './kept-records.ts'

export interface AccountingServer {
  /** For people. */
  readonly name: string
  readonly keys: RadiusKeys
  /** What cannot be sent is lost, as on any line. */
  readonly send: (bytes: Uint8Array) => void
}

export interface ClientParts {
  readonly servers: readonly AccountingServer[]
  readonly records: Pick<KeptRecords, 'next' | 'back' | 'last' | 'told'>
  readonly nasIdentifier: string
  readonly timeoutMs: number
  readonly unixMs: () => number
  /** Do it after so long; answers what undoes that. */
  readonly later: (work: () => void, ms: number) => () => void
  /** From 0 to 1. */
  readonly chance: () => number
  readonly log: Pick<StreetLog, 'info' | 'warn'>
}

interface Question extends NumberedRecord {
  readonly authenticator: Uint8Array
  readonly tries: number
  /** How often the server had answered when this was asked first. */
  readonly answersBefore: number
  readonly stop: () => void
}

interface Asked {
  readonly server: AccountingServer
  /** By identifier. */
  readonly questions: Map<number, Question>
  answers: number
  isProven: boolean
  identifier: number
  restMs: number
  isResting: boolean
}

export class AccountingClient implements Disposable {
  readonly #parts: ClientParts
  readonly #asked: readonly Asked[]
  /** How often a record went unanswered by a server that answered others. */
  readonly #refusals = new Map<number, number>()
  #isOver = false

  constructor(parts: ClientParts) {
    this.#parts = parts
    this.#asked = parts.servers.map((server) => ({
      server,
      questions: new Map(),
      answers: 0,
      isProven: false,
      identifier: Math.floor(parts.chance() * IDENTIFIERS),
      restMs: REST_MS_MIN,
      isResting: false,
    }))
  }

  /** Ask what may be asked. */
  pump(): void {
    for (;;) {
      const asked = this.#free()
      const next = asked && this.#parts.records.next()
      if (asked === undefined || next === undefined) return
      this.#ask(asked, next, 1, asked.answers)
    }
  }

  /** A datagram came from the server of that place in the list. */
  hear(place: number, bytes: Uint8Array): void {
    const asked = this.#asked[place]
    const decoded = decodeRadius(bytes)
    if (asked === undefined || decoded.kind !== 'message') return
    const { code, identifier } = decoded.packet
    const question = asked.questions.get(identifier)
    if (code !== RadiusCode.accountingResponse || question === undefined) return
    if (!isGenuineRadius(decoded.whole, asked.server.keys, question.authenticator)) return
    question.stop()
    asked.questions.delete(identifier)
    asked.answers++
    if (!asked.isProven)
      this.#parts.log.info('RADIUS server answers', { server: asked.server.name })
    asked.isProven = true
    asked.restMs = REST_MS_MIN
    this.#refusals.delete(question.number)
    this.#parts.records.told(question.number)
    this.pump()
  }

  /** The kernel says that nobody is there. */
  unreachable(place: number): void {
    const asked = this.#asked[place]
    if (asked !== undefined && asked.questions.size > 0) this.#giveUp(asked)
  }

  [Symbol.dispose](): void {
    this.#isOver = true
    for (const asked of this.#asked) this.#takeBack(asked)
  }

  #free(): Asked | undefined {
    if (this.#isOver) return undefined
    return this.#asked.find(
      ({ isResting, isProven, questions }) =>
        !isResting && questions.size < (isProven ? WINDOW : 1),
    )
  }

  /** Each time it is another question, for the delay in it is another (RFC 2866 section 5.2). */
  #ask(asked: Asked, { number, record }: NumberedRecord, tries: number, before: number): void {
    const { nasIdentifier, unixMs, later, timeoutMs, chance } = this.#parts
    do asked.identifier = (asked.identifier + 1) % IDENTIFIERS
    while (asked.questions.has(asked.identifier))
    const { identifier, server } = asked
    const attributes = attributesOf(record, nasIdentifier, unixMs())
    const packet = { code: RadiusCode.accountingRequest, identifier, attributes }
    const bytes = encodeRadius(packet, server.keys)
    const waitMs = Math.min(timeoutMs * 2 ** (tries - 1), WAIT_MS_MAX) * (0.9 + 0.2 * chance())
    const stop = later(() => this.#unanswered(asked, identifier), waitMs)
    const authenticator = bytes.slice(4, 20)
    const question = { number, record, authenticator, tries, answersBefore: before, stop }
    asked.questions.set(identifier, question)
    server.send(bytes)
  }

  #unanswered(asked: Asked, identifier: number): void {
    const question = asked.questions.get(identifier)
    if (question === undefined) return
    asked.questions.delete(identifier)
    const { number, tries, answersBefore } = question
    if (tries < TRIES) return this.#ask(asked, question, tries + 1, answersBefore)
    if (asked.answers > answersBefore) this.#refused(asked, question, REFUSALS_MAX)
    else {
      // What must be told alone would hold all others up for ever, if it is what the server does not take.
      if (question.record.about === undefined) this.#refused(asked, question, ALONE_REFUSALS_MAX)
      else this.#parts.records.last(number)
      this.#giveUp(asked)
    }
    this.pump()
  }

  /** Maybe what is wrong is this record. */
  #refused({ server }: Asked, { number, record }: Question, max: number): void {
    const refusals = (this.#refusals.get(number) ?? 0) + 1
    this.#refusals.set(number, refusals)
    if (refusals < max) return this.#parts.records.last(number)
    this.#refusals.delete(number)
    const { status, session } = record
    this.#parts.log.warn('RADIUS record refused', { server: server.name, status, session })
    this.#parts.records.told(number)
  }

  #giveUp(asked: Asked): void {
    const { log, later } = this.#parts
    this.#takeBack(asked)
    if (asked.isResting) return
    const { restMs, server } = asked
    if (asked.isProven || restMs === REST_MS_MIN) {
      log.warn('RADIUS server is silent', { server: server.name, againMs: restMs })
    }
    asked.isProven = false
    asked.isResting = true
    asked.restMs = Math.min(2 * restMs, REST_MS_MAX)
    later(() => {
      asked.isResting = false
      this.pump()
    }, restMs)
    this.pump()
  }

  #takeBack({ questions }: Asked): void {
    for (const { number, stop } of questions.values()) {
      stop()
      this.#parts.records.back(number)
    }
    questions.clear()
  }
}

const IDENTIFIERS = 256
/** Questions to one server at a time: fewer than there are identifiers. */
const WINDOW = 64
const TRIES = 3
const WAIT_MS_MAX = 16_000
const REST_MS_MIN = 10_000
const REST_MS_MAX = 300_000
/** Then nobody will take it. */
const REFUSALS_MAX = 10
/** That long nobody waits for it: the sessions that it would end have been told one by one. */
const ALONE_REFUSALS_MAX = 5
