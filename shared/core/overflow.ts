/**
 * DSL first: does LTE help now, in one direction of the home?
 *
 *                 full for engageMs, burst spent
 *     ┌───────┐ ────────────────────────────────▶ ┌─────────┐
 *     │ spare │                                   │ engaged │   full: packets queue for DSL; where no
 *     └───────┘ ◀──────────────────────────────── └─────────┘   answer tells: it carries engageAt
 *                 both lines carry less than
 *                 releaseAt of DSL for releaseMs, or a trial
 *
 * Between releaseAt and the whole of DSL nobody can tell without trying: so LTE is let go for a trial,
 * and a trial that fails makes the next come later. A dead DSL engages LTE at once.
 */
import { Backlog } from './backlog.ts'
import type { Budget } from './budget.ts'
import { BurstAllowance } from './burst.ts'
import { SETTLED_MS } from './capacity.ts'
import { type DslLoad, type Full, whyFull } from './dsl-full.ts'
import { type LteHold, mayHoldUp } from './held-up.ts'
import { Lasting } from './lasting.ts'
import { percent } from './percent.ts'
import { Slowdown } from './slowdown.ts'

export interface OverflowPolicy {
  /** Shares of DSL's capacity. */
  readonly engageAt: number
  readonly releaseAt: number
  readonly engageMs: number
  readonly releaseMs: number
  readonly trialMs: number
  /** How long a queue must stand at a load that is not known to be high, where that is longer. */
  readonly unsureMs?: number
  /** The largest burst that DSL may be left alone with; 0: none. */
  readonly burstBytesMax: number
}

/** One sample of one direction. Rates in bytes a millisecond. */
export interface OverflowFacts extends DslLoad, LteHold {
  /** Why DSL is dead, as `dsl-down no carrier`; undefined while it is not. */
  readonly dslDown: string | undefined
  /** LTE could help. */
  readonly lteUp: boolean
  /** What is left of the month's LTE. */
  readonly budget: Budget
  readonly lteBytesPerMs: number
  /** All of it may be acknowledgements of the other direction. */
  readonly acknowledging: boolean
}

export class Overflow {
  #policy: OverflowPolicy
  readonly #burst: BurstAllowance
  readonly #backlog = new Backlog()
  readonly #slowdown = new Slowdown()
  #engaged = false
  #dslDown = false
  #full: Full | undefined
  #engagedMs = -Infinity
  /** For how long LTE has helped, the present time not among it. */
  #helpedMs = 0
  #judgedMs: number | undefined
  /** What both lines carry, averaged for longer: the kernel gives a slow uplink 64 KiB at once. */
  #carried = 0
  #total = 0
  readonly #fullFor = new Lasting()
  readonly #slackFor = new Lasting()
  readonly #heldFor = new Lasting()
  #heldUp = false
  #keptOut = false
  /** What DSL carried when it was full, just before LTE was engaged. */
  #alone = 0
  /** The same, where it left something unsent; else undefined. */
  #shown: number | undefined
  /** The most that it has carried since it is full. */
  #fullMost = 0
  /** What DSL carries; or what it has shown, where that is less or nobody knows. */
  #carries: number | undefined
  #slack = false
  readonly #calmFor = new Lasting()
  readonly #roomFor = new Lasting()
  readonly #closeFor = new Lasting()
  /** When LTE was last let go for a trial, and how many of those failed in a row. */
  #triedMs = -Infinity
  #failures = 0

  constructor(policy: OverflowPolicy) {
    this.#policy = policy
    this.#burst = new BurstAllowance(policy.burstBytesMax)
  }

  /** Judge by this from now on. What is known of the lines stays known. */
  adopt(policy: OverflowPolicy): void {
    this.#policy = policy
    this.#burst.bytesMax = policy.burstBytesMax
  }

  /** LTE shall help. */
  get engaged(): boolean {
    return this.#engaged
  }

  /** For how long LTE has helped since the start, as of the last sample. */
  get helpedMs(): number {
    const now = this.#engaged ? (this.#judgedMs ?? this.#engagedMs) - this.#engagedMs : 0
    return this.#helpedMs + now
  }

  /** DSL was full in the last sample. */
  get full(): boolean {
    return this.#full !== undefined
  }

  /** LTE is engaged, and DSL itself has carried less than releaseAt for releaseMs. */
  get slack(): boolean {
    return this.#slack
  }

  /** LTE helps because DSL left something unsent, whatever it can carry. */
  get leftUnsent(): boolean {
    return this.#engaged && this.#shown !== undefined
  }

  /** LTE was let go because it held up DSL: what it has under way is to be given up. */
  get heldUp(): boolean {
    return this.#heldUp
  }

  /** DSL was full in the last sample, and LTE was kept from helping because it had slowed the home down. */
  get keptOut(): boolean {
    return this.#keptOut
  }

  /** The reason with its numbers, when this sample has changed the answer. */
  judge(facts: OverflowFacts, nowMs: number): string | undefined {
    this.#observe(facts, nowMs)
    this.#keptOut = false
    if (!facts.lteUp) return this.#engaged ? this.#release('lte-down', nowMs) : undefined
    if (facts.dslDown !== undefined) {
      this.#dslDown = true
      return this.#engaged ? undefined : this.#engage(0, facts.dslDown, nowMs)
    }
    if (this.#dslDown) return this.#release('dsl-up', nowMs)
    if (facts.budget.spent) return this.#engaged ? this.#release('budget spent', nowMs) : undefined
    return this.#engaged ? this.#mayRelease(facts, nowMs) : this.#mayEngage(facts, nowMs)
  }

  #observe(facts: OverflowFacts, nowMs: number): void {
    const { dslBytesPerMs, lteBytesPerMs, capacity } = facts
    const shown = this.#engaged ? this.#shown : undefined
    const carries = shown === undefined ? capacity : Math.min(capacity ?? Infinity, shown)
    this.#carries = carries
    const total = dslBytesPerMs + lteBytesPerMs
    this.#full = whyFull(facts, this.#policy.engageAt)
    this.#fullFor.note(this.full, nowMs)
    this.#fullMost = this.full ? Math.max(this.#fullMost, dslBytesPerMs) : 0
    this.#total = total
    const elapsedMs = nowMs - (this.#judgedMs ?? nowMs)
    this.#judgedMs = nowMs
    this.#carried += (1 - Math.exp(-elapsedMs / CARRIED_MS)) * (total - this.#carried)
    // Of a line that nobody knows only this can be said: that it has no queue.
    const margin = this.#calmFor.holds ? CALM_MARGIN : 0
    const below = this.#policy.releaseAt + margin
    const calm = carries === undefined ? !this.full : this.#carried < below * carries
    this.#calmFor.note(calm, nowMs)
    // A line that leaves something unsent carries less than it could, whoever else is helped or not.
    const filled = shown === undefined ? (capacity ?? 0) : 0
    const slack = this.#engaged && dslBytesPerMs < this.#policy.releaseAt * filled
    this.#slackFor.note(slack, nowMs)
    this.#slack = this.#slackFor.ms(nowMs) >= this.#policy.releaseMs
    const held = this.#engaged && total < HELD * this.#alone && mayHoldUp(facts, this.#alone)
    this.#heldFor.note(held, nowMs)
    this.#roomFor.note(!this.full || total < (carries ?? 0), nowMs)
    this.#closeFor.note(total < PLAINLY_MORE * (carries ?? Infinity), nowMs)
    // When a download ends its acknowledgements do, and nobody has held them back.
    const queued = this.#full?.byUnsent === false
    this.#backlog.observe(facts.acknowledging ? 0 : total, queued, elapsedMs, nowMs)
    const low = total < LOW * (capacity ?? total)
    const { full, engaged: helped } = this
    this.#burst.observe({ bytes: total * elapsedMs, full, helped, low, capacity }, nowMs)
  }

  #mayEngage(facts: OverflowFacts, nowMs: number): string | undefined {
    if (this.#full === undefined) return undefined
    const { reason: why, byUnsent } = this.#full
    const guard = this.#slowdown.full(nowMs)
    this.#keptOut = this.#slowdown.keepsOut(nowMs)
    if (guard !== undefined || this.#keptOut) return guard
    // What was found unsent a moment ago may have left by now.
    const over = facts.unsent && facts.dslBytesPerMs < this.#fullMost * GOES_ON
    if (over) return undefined
    const { engageAt, engageMs } = this.#policy
    const sureAt = facts.queueMs === undefined ? engageAt : Math.max(engageAt, SURE)
    const loaded = facts.certain && facts.dslBytesPerMs >= sureAt * (facts.capacity ?? Infinity)
    // A queue at a load that is not known to be high may be that of a beginning.
    const { unsureMs = SETTLED_MS + LEARN_MS } = this.#policy
    const leastMs = Math.max(engageMs, byUnsent ? UNSENT_FOR_MS : loaded ? 0 : unsureMs)
    const { pressure, aheadPercent } = facts.budget
    const holdMs = leastMs + pressure * PRESSURE_MS
    const fullMs = this.#fullFor.ms(nowMs)
    if (fullMs < holdMs || this.#backlog.pending) return undefined
    if (!this.#burst.exceeded(nowMs)) return undefined
    const failed = nowMs - this.#triedMs < TRIAL_FAILED_MS
    this.#failures = failed ? this.#failures + 1 : 0
    const despite = pressure > 0 ? `, budget ahead of plan by ${aheadPercent} %` : ''
    const reason = `${why} for ${Math.round(fullMs)} ms${despite}`
    const less = this.#fullMost < engageAt * (facts.capacity ?? Infinity)
    this.#shown = facts.unsent && less ? this.#fullMost : undefined
    return this.#engage(facts.dslBytesPerMs, reason, nowMs)
  }

  #mayRelease(facts: OverflowFacts, nowMs: number): string | undefined {
    const { releaseMs, trialMs } = this.#policy
    const share = this.#carries === undefined ? undefined : this.#carried / this.#carries
    const heldMs = this.#heldFor.ms(nowMs)
    if (heldMs >= HELD_MS) {
      const held = facts.dslBytesPerMs / this.#alone
      this.#slowdown.heldUp(this.#total / this.#alone, nowMs)
      this.#heldUp = true
      return this.#release(
        `guard lte holds dsl at ${percent(held)} for ${Math.round(heldMs)} ms`,
        nowMs,
      )
    }
    const calmMs = this.#calmFor.ms(nowMs)
    if (calmMs >= releaseMs) {
      this.#slowdown.released(share ?? 0, nowMs)
      const load = share === undefined ? 'no queue' : percent(share)
      return this.#release(`dsl-spare ${load} for ${Math.round(calmMs)} ms`, nowMs)
    }
    // What may be calm in a moment needs no trial.
    if (this.#calmFor.holds) return undefined
    const waitMs = trialMs * Math.min(2 ** this.#failures, TRIAL_FACTOR_MAX)
    const close = this.#closeFor.ms(nowMs) >= releaseMs
    const wantedMs = close ? waitMs : trialMs * TRIAL_FACTOR_MAX
    if (this.#roomFor.ms(nowMs) < releaseMs) return undefined
    if (nowMs - this.#engagedMs < wantedMs) return undefined
    this.#triedMs = nowMs
    const seconds = Math.round((nowMs - this.#engagedMs) / 1_000)
    return this.#release(`trial at ${percent(share ?? 1)} of dsl after ${seconds} s`, nowMs)
  }

  #engage(alone: number, reason: string, nowMs: number): string {
    this.#engaged = true
    this.#alone = alone
    this.#heldUp = false
    this.#engagedMs = nowMs
    // An average that still comes up is no calm.
    this.#carried = Math.max(this.#carried, this.#total)
    this.#calmFor.forget()
    this.#roomFor.forget()
    return reason
  }

  #release(reason: string, nowMs: number): string {
    this.#engaged = false
    this.#helpedMs += nowMs - this.#engagedMs
    this.#dslDown = false
    this.#fullFor.forget()
    this.#fullFor.note(this.full, nowMs)
    return reason
  }
}

/** Below this load a queue may be what a stall has held back. */
const SURE = 0.965
/** How much longer DSL must be full for who has spent far too much. */
const PRESSURE_MS = 5_000
/** After this time of a queue that stands, capacity has been learnt. */
const LEARN_MS = 100
const CARRIED_MS = 400
/** A demand of 90 % of DSL takes so long, and sometimes longer, to catch up with what a start or a look at the empty line held back. */
const UNSENT_FOR_MS = 600
/** What is calm stays so, by so much of DSL: a demand of 90 % wavers by a hundredth or two. */
const CALM_MARGIN = 0.015
/** Both lines carry less than this share of what DSL alone could, while LTE works: DSL waits for it. */
const HELD = 0.8
const HELD_MS = 250
/** Of the most that DSL has carried while something was unsent. */
const GOES_ON = 0.5
/** A burst is over when both lines carry less than this share of DSL. */
const LOW = 0.5
/** Needed again so soon, LTE was let go in vain. */
const TRIAL_FAILED_MS = 2_000
const TRIAL_FACTOR_MAX = 12
/** Who carries so much more than DSL has is only rarely asked whether LTE is needed. */
const PLAINLY_MORE = 1.1
