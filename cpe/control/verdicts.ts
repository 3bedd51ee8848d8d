/**
 * What the home says limits it: an interval is closed with each report to the concentrator, or after INTERVAL_MS_MAX
 * without one, and judged when the concentrator has told what it saw of it, or when it does not.
 *
 *    looks ──▶ interval ──▶ report ──▶ concentrator
 *                 └──▶ core/verdict ◀── what it saw
 */
import { INTERVALS_MAX } from '../../shared/config/control-messages.ts'
import {
  homeInterval,
  type TimedInterval,
  timedInterval,
} from '../../shared/config/interval-messages.ts'
import { judge, type Verdict } from '../../shared/core/verdict.ts'
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import { overSpan, type SpanVerdict } from '../../shared/core/verdict-span.ts'
import { type HomeLook, type IntervalEnd, IntervalMeter } from './interval-meter.ts'

/** An interval with its verdict; `atMs` is when it ended, Unix time. */
export interface JudgedInterval {
  readonly home: TimedInterval
  /** undefined where the concentrator has told nothing. */
  readonly street: StreetInterval | undefined
  readonly verdict: Verdict
}

/** Where looks come from. */
export interface VerdictEyes {
  readonly look: () => HomeLook
  readonly end: (nowMs: number) => IntervalEnd
  readonly unixMs: () => number
}

export class Verdicts {
  readonly #eyes: VerdictEyes
  readonly #meter = new IntervalMeter()
  /** Closed and not judged yet, with when they were closed. */
  #waiting: Array<{ readonly home: TimedInterval; readonly closedMs: number }> = []
  /** Closed and not heard by the concentrator yet; and those of them that it was told last. */
  #unheard: TimedInterval[] = []
  #told: readonly TimedInterval[] = []
  readonly #judged: JudgedInterval[] = []

  constructor(eyes: VerdictEyes) {
    this.#eyes = eyes
  }

  /** Once a second. */
  look(nowMs: number): void {
    this.#meter.look(this.#eyes.look(), nowMs)
    if (this.#meter.runsMs(nowMs) >= INTERVAL_MS_MAX) this.#close(nowMs)
    while ((this.#waiting[0]?.closedMs ?? Infinity) <= nowMs - PATIENCE_MS) {
      this.#judge(this.#waiting.shift()?.home, undefined)
    }
  }

  /** For a report: the intervals that have not been heard, the last of which ends now. */
  tell(nowMs: number): readonly TimedInterval[] {
    if (this.#meter.runsMs(nowMs) >= INTERVAL_MS_MIN) this.#close(nowMs)
    this.#told = [...this.#unheard]
    return this.#told
  }

  /** The report has arrived, and this is what the concentrator saw meanwhile. */
  heard(street: StreetInterval | undefined): void {
    for (const { home } of this.#waiting.filter((one) => this.#told.includes(one.home))) {
      this.#judge(home, street)
    }
    this.#waiting = this.#waiting.filter(({ home }) => !this.#told.includes(home))
    this.#unheard = this.#unheard.filter((home) => !this.#told.includes(home))
    this.#told = []
  }

  /** Oldest first. */
  get intervals(): readonly JudgedInterval[] {
    return this.#judged
  }

  /** The last one; undefined before there was any. */
  get now(): JudgedInterval | undefined {
    return this.#judged.at(-1)
  }

  /** Of the last so many milliseconds; undefined where there was no interval. */
  over(ms: number): SpanVerdict | undefined {
    const last = this.now?.home.atMs ?? 0
    const span = this.#judged.filter(({ home }) => home.atMs > last - ms)
    return overSpan(span.map(({ verdict }) => verdict))
  }

  #close(nowMs: number): void {
    const ms = this.#meter.runsMs(nowMs)
    const seen = this.#meter.close(this.#eyes.end(nowMs), nowMs)
    if (seen === undefined) return
    const atMs = Math.max(0, Math.round(this.#eyes.unixMs()))
    const home = asItIsRead({ ...seen, atMs, ms: Math.round(ms) })
    this.#waiting.push({ home, closedMs: nowMs })
    this.#unheard.push(home)
    this.#unheard.splice(0, this.#unheard.length - INTERVALS_MAX)
  }

  #judge(home: TimedInterval | undefined, street: StreetInterval | undefined): void {
    if (home === undefined) return
    this.#judged.push({ home, street, verdict: judge(home, street) })
    if (this.#judged.length > JUDGED_MAX) this.#judged.shift()
  }
}

/** As the concentrator will read it, so that both ends judge the same. */
function asItIsRead({ atMs, ms, ...seen }: TimedInterval): TimedInterval {
  const written = JSON.stringify(seen, (_key, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(DIGITS)) : value,
  )
  return timedInterval(homeInterval.parse({ ...(JSON.parse(written) as object), atMs, ms }))
}

/** Each costs a byte of LTE, now and then. */
const DIGITS = 4
/** A report that follows another at once closes nothing. */
const INTERVAL_MS_MIN = 4_000
const INTERVAL_MS_MAX = 12_000
/** Longer than a report may be unanswered. */
const PATIENCE_MS = 10_000
/** An hour. */
const JUDGED_MAX = 360
