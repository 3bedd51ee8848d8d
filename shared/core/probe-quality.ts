/**
 * What a small request meets on a leg now: how long its answer takes, and whether that is worse than the leg
 * can do.
 *
 *     delay   the least of the last two answers, or the age of the oldest question that is still open,
 *             whichever is longer: a leg that has become slow shows before it has answered
 *     floor   the least answer of the last minutes
 *     loss    questions that a later one has overtaken, of the last 40
 */
import { LeastOfLate } from './least-of-late.ts'
import type { LegState } from './leg-health.ts'

export class ProbeQuality {
  readonly #open: Array<{ readonly number: number; readonly atMs: number }> = []
  readonly #answers: number[] = []
  readonly #fates: boolean[] = []
  readonly #floor = new LeastOfLate(FLOOR_MS)
  #heardMs = -Infinity
  #askedMs = -Infinity
  #paceMs = 0

  /** When a probe last left. */
  get askedMs(): number {
    return this.#askedMs
  }

  /** A probe leaves. */
  sent(number: number, nowMs: number): void {
    this.#paceMs = Math.min(nowMs - this.#askedMs, PACE_MS_MAX)
    this.#askedMs = nowMs
    this.#open.push({ number, atMs: nowMs })
    if (this.#open.length > OPEN_MAX) this.#open.shift()
  }

  /** Its echo is here. What left before it and has no answer is lost. */
  heard(number: number, rttMs: number, nowMs: number): void {
    const at = this.#open.findIndex((probe) => probe.number === number)
    if (at < 0) return
    for (let lost = 0; lost < at; lost++) this.#note(false)
    this.#note(true)
    this.#open.splice(0, at + 1)
    this.#heardMs = nowMs
    this.#answers.push(rttMs)
    if (this.#answers.length > ANSWERS) this.#answers.shift()
    this.#floor.see(rttMs, nowMs)
  }

  /** undefined before the first answer, and when the last one is too old to tell. */
  delayMs(nowMs: number): number | undefined {
    const silentMs = this.#silentMs(nowMs)
    if (this.#answers.length === 0 || nowMs - this.#heardMs > FRESH_MS + silentMs) return undefined
    return Math.max(Math.min(...this.#answers), silentMs)
  }

  get floorMs(): number {
    return this.#floor.least
  }

  /** Why the leg is worse than it can be, as `dsl-slow 180 ms over 20 ms`; undefined while it is well. */
  degraded(leg: string, state: LegState, nowMs: number): string | undefined {
    if (state === 'suspect') return `${leg}-silent`
    if (state === 'dead') return `${leg}-down`
    const delayMs = this.delayMs(nowMs) ?? 0
    if (delayMs > this.floorMs + Math.max(SLOW_MS, this.floorMs * SLOW_SHARE)) {
      return `${leg}-slow ${Math.round(delayMs)} ms over ${Math.round(this.floorMs)} ms`
    }
    const lost = this.#fates.filter((answered) => !answered).length
    if (this.#fates.length < FATES || lost < FATES * LOSSY_SHARE) return undefined
    return `${leg}-lossy ${lost} of ${FATES}`
  }

  /** Another path. */
  forget(): void {
    this.#open.length = 0
    this.#answers.length = 0
    this.#fates.length = 0
    this.#floor.forget()
  }

  /** A single question that got lost is open until the next one has its answer, and says nothing by that. */
  #silentMs(nowMs: number): number {
    const [oldest] = this.#open
    return oldest === undefined ? 0 : Math.max(0, nowMs - oldest.atMs - this.#paceMs)
  }

  #note(answered: boolean): void {
    this.#fates.push(answered)
    if (this.#fates.length > FATES) this.#fates.shift()
  }
}

const ANSWERS = 2
const OPEN_MAX = 64
const FATES = 40
/** 4 of 40. */
const LOSSY_SHARE = 0.1
/** Above its floor, a leg is slow. */
const SLOW_MS = 100
const SLOW_SHARE = 2
/** An answer tells for so long, and for as long as the leg has been asked in vain. */
const FRESH_MS = 3_000
const PACE_MS_MAX = 200
const FLOOR_MS = 900_000
