/**
 * Who is to blame for a silence: one leg, or the concentrator?
 *
 *     one leg silent, another answers      that leg is dead
 *     all legs silent                      no leg is dead: the concentrator is unreachable
 *
 * A leg in trouble puts the question to the other legs too, but only once its own first probe is late, so
 * that the ordinary pauses of DSL do not wake an idle LTE. An echo on any leg makes the concentrator
 * reachable at once. The data threads may report a Connect that stayed unanswered; that alone proves
 * nothing (the server may be slow), so it only makes us ask.
 */
import type { LegHealth } from './leg-health.ts'

/** `suspect` also before the first answer ever: nothing is captured for a concentrator not yet seen. */
export type ConcentratorState = 'suspect' | 'reachable' | 'unreachable'

export class ConcentratorHealth {
  readonly #legs: readonly LegHealth[]
  #state: ConcentratorState = 'suspect'
  #reason = 'concentrator not asked yet'
  #sinceMs = -Infinity
  #judgedMs = Infinity
  #blindUntilMs = -Infinity
  #reliable = 0

  constructor(legs: readonly LegHealth[]) {
    this.#legs = legs
  }

  get state(): ConcentratorState {
    return this.#state
  }

  get reason(): string {
    return this.#reason
  }

  /** A data thread waited too long for the answer to a Connect: ask on every leg. */
  suspect(nowMs: number): void {
    for (const leg of this.#legs) leg.ask(nowMs)
    if (this.#state === 'reachable') {
      this.#turn('suspect', 'concentrator left a Connect unanswered', nowMs)
    }
  }

  /** After the facts of this moment were given to the legs: steps them, and judges them together. */
  judge(nowMs: number): void {
    this.#noticeStall(nowMs)
    for (const leg of this.#legs) {
      const company = this.#legs.some((other) => other !== leg && other.busy(nowMs))
      leg.step(nowMs, company)
    }
    for (const leg of this.#legs) if (leg.late(nowMs)) this.#askOthers(leg, nowMs)
    this.#excuse(nowMs)
    if (nowMs < this.#blindUntilMs) return
    this.#relyOnAny(nowMs)
    this.#judgeConcentrator(nowMs)
    if (this.#state === 'unreachable') {
      // Bytes from elsewhere may have settled a leg's own question; ours is open until an echo.
      for (const leg of this.#legs) leg.ask(nowMs)
      return
    }
    for (const leg of this.#legs) this.#judgeLeg(leg, nowMs)
  }

  #judgeLeg(leg: LegHealth, nowMs: number): void {
    const sinceMs = leg.askedSinceMs
    if (sinceMs === undefined || !leg.inService) return
    const others = this.#legs.filter((other) => other !== leg)
    if (leg.silent(nowMs)) {
      // Bytes may come from anywhere: only an echo says that the concentrator could have answered here.
      if (others.some((other) => other.answeredSince(sinceMs))) leg.convict('silent', nowMs)
    } else if (leg.failed(nowMs) && nowMs - sinceMs >= DEAF_MS) {
      // Bytes come in from elsewhere, but the way to the concentrator is cut on this leg alone.
      if (others.some((other) => other.answeredSince(sinceMs))) leg.convict('deaf', nowMs)
    }
  }

  /** A leg that is held down, or asked rarely, is better than none. */
  #relyOnAny(nowMs: number): void {
    const reliable = this.#legs.filter((leg) => leg.inService && !leg.failed(nowMs)).length
    if (reliable === 0) for (const leg of this.#legs) leg.release(nowMs)
    if (reliable === 0 && this.#reliable > 0) for (const leg of this.#legs) leg.hurry(nowMs)
    this.#reliable = reliable
  }

  #judgeConcentrator(nowMs: number): void {
    const asked = this.#legs.filter((leg) => leg.inService)
    const answered = asked.some((leg) => leg.echoMs > this.#sinceMs)
    if (this.#state !== 'reachable' && answered) {
      if (this.#state === 'unreachable') for (const leg of asked) leg.askAnew(nowMs)
      this.#turn('reachable', 'concentrator answers probes', nowMs)
      return
    }
    if (this.#state === 'unreachable') return
    if (asked.length === 0) {
      this.#turn('unreachable', 'concentrator unreachable: no leg is left', nowMs)
    } else if (asked.every((leg) => gaveUp(leg, nowMs))) {
      const ms = Math.round(nowMs - Math.min(...asked.map((leg) => leg.askedSinceMs ?? nowMs)))
      const names = asked.map((leg) => leg.name).join(' and ')
      const reason = `concentrator unreachable: no probe answered on ${names} for ${ms} ms`
      this.#turn('unreachable', reason, nowMs)
    }
  }

  #askOthers(leg: LegHealth, nowMs: number): void {
    const sinceMs = leg.askedSinceMs ?? nowMs
    for (const other of this.#legs) {
      if (other !== leg && !other.answeredSince(sinceMs)) other.ask(nowMs)
    }
  }

  /** A hanging concentrator must not teach the legs to be patient with a dead line. */
  #excuse(nowMs: number): void {
    const asked = this.#legs.filter((leg) => leg.inService)
    const hanging = this.#state === 'suspect' && asked.every((leg) => leg.late(nowMs))
    if (this.#state !== 'unreachable' && !hanging) return
    for (const leg of this.#legs) leg.excuse(nowMs)
  }

  /** While this thread stood still, answers could not be read: give them time before judging anybody. */
  #noticeStall(nowMs: number): void {
    const stoodMs = nowMs - this.#judgedMs
    this.#judgedMs = nowMs
    if (stoodMs <= STALL_MS) return
    this.#blindUntilMs = nowMs + Math.min(stoodMs, BLIND_MS_MAX)
    // What is read late was not late on the line.
    for (const leg of this.#legs) leg.excuse(nowMs)
  }

  #turn(state: ConcentratorState, reason: string, nowMs: number): void {
    this.#state = state
    this.#reason = reason
    this.#sinceMs = nowMs
  }
}

/** A leg that carries other bytes may keep an echo waiting in its queue for longer. */
function gaveUp(leg: LegHealth, nowMs: number): boolean {
  if (leg.silent(nowMs)) return true
  return leg.failed(nowMs) && nowMs - (leg.askedSinceMs ?? nowMs) >= BUSY_LEG_MS
}

const DEAF_MS = 3_000
const BUSY_LEG_MS = 800
/** Three ticks of steering. */
const STALL_MS = 60
const BLIND_MS_MAX = 300
