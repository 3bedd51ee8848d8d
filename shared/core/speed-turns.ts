/**
 * Who may start a speed test, and when again. The household and the operator have turns of their own: neither can keep
 * the other from measuring. What one test carries is bounded by its plan (speed-plan.ts).
 */

export const STARTERS = ['household', 'operator'] as const
/** Who is in the LAN; who runs the network, from the concentrator or on the router itself. */
export type Starter = (typeof STARTERS)[number]

export interface TurnLimits {
  /** Between the end of one and the beginning of the next. */
  readonly pauseMs: number
  readonly testsAnHour: number
  /** Of these, those that use LTE. */
  readonly lteTestsADay: number
}

/** With 50 MB each the household has 1.1 Mbit/s of an hour at most, and 240 MB of LTE a day. */
export const TURN_LIMITS: Readonly<Record<Starter, TurnLimits>> = {
  household: { pauseMs: 30_000, testsAnHour: 10, lteTestsADay: 12 },
  operator: { pauseMs: 5_000, testsAnHour: 30, lteTestsADay: 12 },
}

/** Of one of the two. */
export class SpeedTurns {
  readonly #limits: TurnLimits
  /** Those of the last hour, and of the last day those that used LTE: when they began. */
  #begunMs: number[] = []
  #lteMs: number[] = []
  #endedMs = -Infinity

  constructor(limits: TurnLimits) {
    this.#limits = limits
  }

  /** Milliseconds until the next may begin; 0: now. */
  waitMs(nowMs: number): number {
    const { pauseMs, testsAnHour } = this.#limits
    this.#begunMs = this.#begunMs.filter((atMs) => nowMs - atMs < HOUR_MS)
    const [oldest = 0] = this.#begunMs
    const full = this.#begunMs.length >= testsAnHour ? oldest + HOUR_MS - nowMs : 0
    return Math.max(0, full, this.#endedMs + pauseMs - nowMs)
  }

  began(nowMs: number): void {
    this.#begunMs.push(nowMs)
  }

  ended(nowMs: number): void {
    this.#endedMs = nowMs
  }

  mayUseLte(nowMs: number): boolean {
    this.#lteMs = this.#lteMs.filter((atMs) => nowMs - atMs < DAY_MS)
    return this.#lteMs.length < this.#limits.lteTestsADay
  }

  usedLte(nowMs: number): void {
    this.#lteMs.push(nowMs)
  }
}

const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000
