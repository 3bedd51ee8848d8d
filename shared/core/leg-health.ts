/**
 * Is one leg alive? Facts and the time go in, a state and "send a probe now" come out.
 *
 *                  answered                  nothing came back
 *     ┌─────────┐ ─────────▶ ┌────┐ ───────────────────────────▶ ┌─────────┐
 *     │ unknown │            │ up │                              │ suspect │
 *     └─────────┘            └────┘ ◀─────────────────────────── └─────────┘
 *          │        2 answered ▲      any byte or echo                │ silent, and another
 *          │                   │                                      │ leg still reaches
 *          │                ┌──────┐                                  │ the concentrator
 *          └──────────────▶ │ dead │ ◀────────────────────────────────┘
 *            burst failed   └──────┘ ◀── no carrier, no address: from every state, at once
 *
 * While data flows, progress is the probe: something was sent and nothing arrives for PATIENCE_MS_MIN or
 * the leg's own round trip, so we ask with a burst of probes. Unanswered, the leg is `silent`; whether that
 * makes it dead is not for one leg to say (concentrator-health.ts).
 */
import type { LegName } from './leg.ts'
import { LegQuestion, type ProbePolicy, type QuestionCause } from './leg-question.ts'
import { answered, held, unanswered } from './leg-reasons.ts'
import { LegReturn, returnPaceMs } from './leg-return.ts'
import type { LegCounters, LegTraffic } from './leg-traffic.ts'
import type { ProbeTrack } from './probe-track.ts'

export type LegState = 'unknown' | 'up' | 'suspect' | 'dead'

export interface LegFacts {
  /** Why the leg cannot carry anything, such as `no carrier`; undefined while it could. */
  readonly missing: string | undefined
  /** Changes when the interface or its addresses do. */
  readonly path: string
  readonly counters: LegCounters | undefined
}

export class LegHealth {
  readonly name: LegName
  readonly #policy: ProbePolicy
  readonly #traffic: LegTraffic
  readonly #track: ProbeTrack
  #state: LegState = 'unknown'
  #reason = 'not asked yet'
  #missing: string | undefined = 'no interface'
  #path = ''
  #question: LegQuestion | undefined
  #lastSentMs = -Infinity
  #askedMs = -Infinity
  #echoMs = -Infinity
  #echoSentMs = -Infinity
  readonly #return: LegReturn

  constructor(name: LegName, policy: ProbePolicy, traffic: LegTraffic, track: ProbeTrack) {
    this.name = name
    this.#policy = policy
    this.#traffic = traffic
    this.#track = track
    this.#return = new LegReturn(policy.lostMs)
  }

  get state(): LegState {
    return this.#state
  }

  /** Why the leg is in this state, with numbers, as `dsl-down probe 4/4 unanswered for 281 ms`. */
  get reason(): string {
    return this.#reason
  }

  /** Smoothed round trip of probes, load and all. */
  get rttMs(): number | undefined {
    return this.#track.rttMs
  }

  /** The interface has carrier and address. */
  get present(): boolean {
    return this.#missing === undefined
  }

  /** May be asked on behalf of the concentrator. */
  get inService(): boolean {
    return this.present && this.#state !== 'dead'
  }

  /** When an echo last arrived. */
  get echoMs(): number {
    return this.#echoMs
  }

  /** Since when a question is open. */
  get askedSinceMs(): number | undefined {
    return this.#question?.sinceMs
  }

  /** Facts of one sample. Carrier and address are believed at once. */
  observe(facts: LegFacts, nowMs: number): void {
    if (facts.missing !== undefined) {
      const told = this.#state === 'dead' && facts.missing === this.#missing
      if (!told) this.#turn('dead', `${this.name}-down ${facts.missing}`, nowMs)
      this.#missing = facts.missing
      this.#traffic.forget()
      return
    }
    this.#missing = undefined
    if (facts.path !== this.#path) this.#newPath(facts.path, nowMs)
    if (facts.counters === undefined) return
    const doubted = this.#question !== undefined
    if (this.#traffic.observe(facts.counters, doubted, nowMs)) this.#heard(nowMs)
  }

  /** The echo of probe `number` arrived. */
  echo(number: number, rttMs: number, nowMs: number): void {
    const sentMs = this.#track.answered(number, rttMs, this.#loaded(nowMs), nowMs)
    if (sentMs === undefined || !this.present) return
    this.#echoMs = nowMs
    this.#echoSentMs = sentMs
    if (this.#state === 'dead') {
      if (!this.#return.prove(sentMs, nowMs)) this.#track.survived(nowMs - sentMs, nowMs)
      if (this.#return.proven(nowMs)) this.#turnUp(rttMs, nowMs)
      else if (this.#return.answers(nowMs)) this.#reason = held(this.name, this.#return)
      return
    }
    const wasSilentMs = nowMs - (this.#question?.owedSinceMs ?? nowMs)
    if ((this.#question?.sent ?? 0) > 1) this.#track.survived(wasSilentMs, nowMs)
    this.#question = undefined
    this.#traffic.settle()
    if (this.#state !== 'up') this.#turnUp(rttMs, nowMs)
  }

  /** More than a chat is being carried. */
  busy(nowMs: number): boolean {
    return this.#traffic.busy(nowMs)
  }

  /** Time passed: begin a question if one is due. `company`: another leg is busy. */
  step(nowMs: number, company: boolean): void {
    if (!this.present) return
    const countsAsLoss = this.#state === 'up' && !this.failed(nowMs)
    this.#track.expire(nowMs, countsAsLoss)
    const question = this.#question
    if (question !== undefined) {
      const doubtful = question.overdue(nowMs) && !question.heard
      if (this.#state === 'up' && doubtful) this.#suspect(nowMs)
      return
    }
    if (this.#state === 'dead') return

    const owedSinceMs = this.#traffic.owedSinceMs
    const { idleMs, companyMs } = this.#policy
    const askedMs = Math.max(this.#askedMs, this.#echoMs)
    const lonelySinceMs = company ? Math.max(askedMs, this.#traffic.rxMs) : Infinity
    const idle = nowMs - askedMs >= idleMs || nowMs - lonelySinceMs >= companyMs
    if (owedSinceMs !== undefined && nowMs - owedSinceMs >= this.#patienceMs) {
      this.#begin('silence', owedSinceMs, nowMs)
      if (this.#state === 'up') this.#suspect(nowMs)
    } else if (this.#state === 'unknown' || idle) this.ask(nowMs)
  }

  /** No other leg can be relied on: one that answers is used, however often it has failed. */
  release(nowMs: number): void {
    if (this.#state !== 'dead' || !this.present || !this.#return.answers(nowMs)) return
    this.#turnUp(this.#track.rttMs ?? 0, nowMs)
  }

  /** No other leg is left: a lost one is asked as if it had been lost now. */
  hurry(nowMs: number): void {
    if (this.#state === 'dead') this.#return.hurry(nowMs)
  }

  /** Ask now, on behalf of somebody else: another leg's trouble, or the concentrator's. */
  ask(nowMs: number): void {
    if (this.#question !== undefined || !this.inService) return
    this.#begin('check', nowMs, nowMs)
  }

  /** What this leg left unanswered while nobody could answer counts for nothing: ask anew. */
  askAnew(nowMs: number): void {
    if (this.#question !== undefined) this.#begin('check', nowMs, nowMs)
  }

  /** Nobody answers on any leg: what this one's answers take now is not its doing. */
  excuse(nowMs: number): void {
    this.#track.excuse(nowMs)
  }

  /** A probe should leave on this leg now. */
  wantsProbe(nowMs: number): boolean {
    if (!this.present) return false
    const waitedMs = nowMs - this.#lastSentMs
    if (this.#state === 'dead') {
      const lastAnswered = this.#echoSentMs >= this.#lastSentMs
      return this.#return.wantsProbe(waitedMs, lastAnswered, nowMs)
    }
    const question = this.#question
    if (question !== undefined) {
      const patientMs = returnPaceMs(nowMs - question.sinceMs, this.#policy.lostMs)
      return question.wantsProbe(waitedMs, patientMs, nowMs)
    }
    if (this.#track.wantsSample(waitedMs)) return true
    return this.#traffic.busy(nowMs) && waitedMs >= BUSY_MS
  }

  probeSent(number: number, nowMs: number): void {
    this.#lastSentMs = nowMs
    this.#track.sent(number, nowMs, this.#loaded(nowMs))
    this.#traffic.sentProbe(nowMs)
    this.#question?.probeSent(nowMs)
  }

  /** The first probe of a question is late: time to ask elsewhere too. */
  late(nowMs: number): boolean {
    return this.#question?.late(nowMs) === true
  }

  /** The leg was asked as often as it takes, and every answer is overdue. */
  failed(nowMs: number): boolean {
    return this.#question?.failed(nowMs) === true
  }

  /** As `failed`, and not a single byte came in either. */
  silent(nowMs: number): boolean {
    return this.failed(nowMs) && this.#question?.heard === false
  }

  /** The concentrator answered a probe sent after `sinceMs`. */
  answeredSince(sinceMs: number): boolean {
    return this.inService && this.#echoSentMs >= sinceMs
  }

  /** The verdict of all legs on this one. */
  convict(why: 'silent' | 'deaf', nowMs: number): void {
    const question = this.#question
    if (question === undefined) return
    this.#turn('dead', unanswered(this.name, question, why, nowMs), nowMs)
  }

  get #patienceMs(): number {
    return Math.max(PATIENCE_MS_MIN, this.#track.answerMs + PATIENCE_MARGIN_MS)
  }

  /** Other packets share the queues now; a leg that fell silent has drained them. */
  #loaded(nowMs: number): boolean {
    return this.#traffic.busy(nowMs) && this.#question?.why !== 'silence'
  }

  #begin(why: QuestionCause, owedSinceMs: number, nowMs: number): void {
    const leg = { traffic: this.#traffic, track: this.#track }
    this.#question = new LegQuestion(why, owedSinceMs, this.#policy.retries, leg, nowMs)
    this.#askedMs = nowMs
  }

  /** Bytes came in: whatever made us suspicious is over, but who asked for an echo still waits for it. */
  #heard(nowMs: number): void {
    const question = this.#question
    if (question?.why === 'silence') {
      if (question.sent > 1) this.#track.survived(nowMs - question.owedSinceMs, nowMs)
      this.#question = undefined
    }
    if (this.#state === 'suspect') this.#turn('up', `${this.name}-up bytes came in`, nowMs)
  }

  #suspect(nowMs: number): void {
    const ms = Math.round(nowMs - (this.#question?.owedSinceMs ?? nowMs))
    this.#turn('suspect', `${this.name} sent, and nothing came back for ${ms} ms`, nowMs)
  }

  #turnUp(rttMs: number, nowMs: number): void {
    const back = this.#state === 'dead' ? this.#return : undefined
    if (this.#state !== 'suspect') this.#return.back(nowMs)
    this.#turn('up', answered(this.name, back, rttMs), nowMs)
  }

  #turn(state: LegState, reason: string, nowMs: number): void {
    const used = this.#state === 'up' || this.#state === 'suspect'
    this.#state = state
    this.#reason = reason
    if (state !== 'dead') return
    this.#return.lost(used, nowMs)
    this.#question = undefined
    this.#traffic.settle()
    this.#track.learnAnew()
  }

  #newPath(path: string, nowMs: number): void {
    this.#path = path
    this.#question = undefined
    this.#traffic.forget()
    this.#track.forget()
    this.#return.hurry(nowMs)
    // The first line of a day may be judged by its first answer; one that was lost must prove itself.
    if (this.#state === 'dead' && this.#echoMs === -Infinity) {
      this.#turn('unknown', `${this.name} not asked yet`, nowMs)
    }
    this.ask(nowMs)
  }
}

/** A silence shorter than this is a pause. */
const PATIENCE_MS_MIN = 100
const PATIENCE_MARGIN_MS = 20
/** While data flows, the round trip is measured this often. */
const BUSY_MS = 1_000
