/**
 * How well both legs carry small things, as long as somebody wants to know: while connections of class
 * `interactive` or `handover` carry something, probes follow each other closely, and what they tell becomes
 * which leg is the quicker, and whether a second one is built.
 *
 *                 DSL is asked every             LTE is asked every
 *   interactive   50 ms, while LTE carries 100   1 s, while it carries 200 ms
 *   handover      200 ms                         never
 *   neither       (leg-health.ts, dsl-first.ts)
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegState } from '../../shared/core/leg-health.ts'
import { ProbeQuality } from '../../shared/core/probe-quality.ts'
import { QuickerLeg } from '../../shared/core/quicker-leg.ts'
import type { Reasons } from '../../shared/core/reasons.ts'
import { SecondLeg } from '../../shared/core/second-leg.ts'
import { ALL_WELL, type LegsNow } from '../../shared/core/service-class.ts'

/** A leg as this tick knows it. */
export interface QualifiedLeg {
  readonly path: string
  readonly state: LegState
}

/** Which classes have connections that carry something now. */
export interface ClassesInUse {
  readonly interactive: boolean
  readonly handover: boolean
}

export class LegQualities {
  readonly #reasons: Pick<Reasons, 'note'>
  readonly #say: (reason: string) => void
  readonly #legs = { dsl: new ProbeQuality(), lte: new ProbeQuality() }
  readonly #paths: Record<LegName, string> = { dsl: '', lte: '' }
  #quicker = new QuickerLeg()
  #second = new SecondLeg()
  #used: ClassesInUse = { interactive: false, handover: false }
  #now: LegsNow = ALL_WELL

  /** Each change is noted with its reason, and said. */
  constructor(reasons: Pick<Reasons, 'note'>, say: (reason: string) => void) {
    this.#reasons = reasons
    this.#say = say
  }

  /** What it means for connections; the same object until something changes. */
  get now(): LegsNow {
    return this.#now
  }

  /** A probe should leave on this leg now. */
  wantsProbe(leg: LegName, nowMs: number): boolean {
    const paceMs = this.#paceMs(leg)
    return paceMs !== undefined && nowMs - this.#legs[leg].askedMs >= paceMs
  }

  probeSent(leg: LegName, number: number, nowMs: number): void {
    if (this.#paceMs(leg) !== undefined) this.#legs[leg].sent(number, nowMs)
  }

  heard(leg: LegName, number: number, rttMs: number, nowMs: number): void {
    this.#legs[leg].heard(number, rttMs, nowMs)
  }

  /** Look and judge. True when it means something else for connections than before. */
  judge(legs: Readonly<Record<LegName, QualifiedLeg>>, used: ClassesInUse, nowMs: number): boolean {
    for (const leg of LEGS) {
      if (legs[leg].path === this.#paths[leg]) continue
      this.#paths[leg] = legs[leg].path
      this.#legs[leg].forget()
    }
    // Nobody minds where it was left: the next one begins on DSL, and what is open goes back there.
    if (!used.interactive && this.#used.interactive) this.#quicker = new QuickerLeg()
    if (!used.handover && this.#used.handover) this.#second = new SecondLeg()
    this.#used = used
    if (used.interactive) this.#judgeQuicker(legs, nowMs)
    if (used.handover) {
      const why = this.#legs.dsl.degraded('dsl', legs.dsl.state, nowMs)
      this.#note('second leg', this.#second.judge(why, nowMs), nowMs)
    }
    const { carrier: quicker } = this.#quicker
    const { wanted: secondLeg } = this.#second
    if (quicker === this.#now.quicker && secondLeg === this.#now.secondLeg) return false
    this.#now = { quicker, secondLeg }
    return true
  }

  #judgeQuicker(legs: Readonly<Record<LegName, QualifiedLeg>>, nowMs: number): void {
    const { dsl, lte } = this.#legs
    const delays = { dsl: dsl.delayMs(nowMs), lte: lte.delayMs(nowMs) }
    const up = { dsl: isUp(legs.dsl.state), lte: isUp(legs.lte.state) }
    this.#note('interactive', this.#quicker.judge(delays, up, nowMs), nowMs)
  }

  #note(what: string, why: string | undefined, nowMs: number): void {
    if (why === undefined) return
    this.#reasons.note({ text: why }, nowMs)
    this.#say(`${what}: ${why}`)
  }

  #paceMs(leg: LegName): number | undefined {
    const { interactive, handover } = this.#used
    if (interactive) return INTERACTIVE_MS[this.#now.quicker][leg]
    return handover && leg === 'dsl' ? HANDOVER_MS : undefined
  }
}

function isUp(state: LegState): boolean {
  return state === 'up' || state === 'suspect'
}

/** By who carries. */
const INTERACTIVE_MS = { dsl: { dsl: 50, lte: 1_000 }, lte: { dsl: 100, lte: 200 } } as const
const HANDOVER_MS = 200
