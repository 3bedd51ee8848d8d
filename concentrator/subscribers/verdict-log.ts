/**
 * What limited each home lately: the last intervals one by one, the last hours in spans of five minutes, and of the last
 * interval everything it was judged from. In numbers, for there are many homes:
 *
 *    row │ ended at │ limit and direction │ carried │ allowed │ efficiency │ share │      48 bytes
 */
import type { TimedInterval } from '../../shared/config/interval-messages.ts'
import { CAUSES, type Cause, judge, type Limit, type Verdict } from '../../shared/core/verdict.ts'
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import { overSpan, type SpanVerdict } from '../../shared/core/verdict-span.ts'
import { sentenceFor } from '../../shared/core/verdict-words.ts'

/** An interval or a span; `atMs` is when it ended, Unix time. */
export interface ToldVerdict extends SpanVerdict {
  readonly atMs: number
}

export interface VerdictsOfHome {
  readonly intervals: readonly ToldVerdict[]
  readonly spans: readonly ToldVerdict[]
  /** The last interval, with its facts. */
  readonly last:
    | {
        readonly home: TimedInterval
        readonly street: StreetInterval | undefined
        readonly sentence: string
      }
    | undefined
}

export class VerdictLog {
  readonly #byId = new Map<string, HomeVerdicts>()

  /** What a home has told, and what we saw of it meanwhile. */
  hear(
    id: string,
    intervals: readonly TimedInterval[],
    street: StreetInterval | undefined,
    nowMs: number,
  ): void {
    if (intervals.length === 0) return
    const verdicts = this.#byId.get(id) ?? new HomeVerdicts()
    this.#byId.set(id, verdicts)
    for (const home of intervals) {
      // A home whose clock is wrong must not tell of another year.
      const atMs = Math.min(nowMs, Math.max(nowMs - OLDEST_MS, home.atMs))
      verdicts.add({ ...home, atMs }, street)
    }
  }

  /** undefined of a home that has told none. */
  of(id: string): VerdictsOfHome | undefined {
    return this.#byId.get(id)?.all()
  }

  /** On the last interval; undefined of a home that has told none. */
  now(id: string): Verdict | undefined {
    return this.#byId.get(id)?.now
  }

  forget(id: string): void {
    this.#byId.delete(id)
  }
}

class HomeVerdicts {
  readonly #intervals = new Ring(INTERVALS)
  readonly #spans = new Ring(SPANS)
  #span: Verdict[] = []
  #spanFromMs = 0
  #last: VerdictsOfHome['last']
  now: Verdict | undefined

  add(home: TimedInterval, street: StreetInterval | undefined): void {
    const verdict = judge(home, street)
    this.now = verdict
    this.#last = { home, street, sentence: sentenceFor(verdict, home, street) }
    this.#intervals.add({ ...verdict, share: 1, atMs: home.atMs })
    const fromMs = home.atMs - (home.atMs % SPAN_MS)
    if (fromMs !== this.#spanFromMs) this.#endSpan()
    this.#spanFromMs = fromMs
    if (this.#span.length < SPAN_INTERVALS_MAX) this.#span.push(verdict)
  }

  all(): VerdictsOfHome {
    return { intervals: this.#intervals.all(), spans: this.#spans.all(), last: this.#last }
  }

  #endSpan(): void {
    const span = overSpan(this.#span)
    if (span !== undefined) this.#spans.add({ ...span, atMs: this.#spanFromMs + SPAN_MS })
    this.#span = []
  }
}

class Ring {
  readonly #cells: Float64Array
  readonly #rows: number
  #next = 0
  #used = 0

  constructor(rows: number) {
    this.#rows = rows
    this.#cells = new Float64Array(rows * COLUMNS)
  }

  add({ atMs, limit, direction, carried, allowed, efficiency, share }: ToldVerdict): void {
    const what = LIMITS.indexOf(limit) * 2 + (direction === 'up' ? 1 : 0)
    const row = [atMs, what, carried, allowed ?? NaN, efficiency ?? NaN, share]
    this.#cells.set(row, this.#next * COLUMNS)
    this.#next = (this.#next + 1) % this.#rows
    this.#used = Math.min(this.#used + 1, this.#rows)
  }

  /** Oldest first. */
  all(): ToldVerdict[] {
    return Array.from({ length: this.#used }, (_, i) => {
      const row = (this.#next - this.#used + i + this.#rows) % this.#rows
      const cells = this.#cells.subarray(row * COLUMNS, (row + 1) * COLUMNS)
      const [atMs = 0, what = 0, carried = 0, allowed = NaN, efficiency = NaN, share = 0] = cells
      return {
        atMs,
        limit: LIMITS[what >> 1]!,
        direction: (what & 1) === 1 ? 'up' : 'down',
        carried,
        allowed: Number.isNaN(allowed) ? undefined : allowed,
        efficiency: Number.isNaN(efficiency) ? undefined : efficiency,
        share,
      }
    })
  }
}

const LIMITS = (Object.keys(CAUSES) as Cause[]).flatMap((cause) =>
  CAUSES[cause].map((way) => `${cause}/${way}` as Limit),
)
const COLUMNS = 6
/** Two minutes of a home that reports every 10 s. */
const INTERVALS = 12
const SPAN_MS = 300_000
/** Of 4 s at least. */
const SPAN_INTERVALS_MAX = 80
/** Twelve hours: with the intervals 7.5 KB of each home. */
const SPANS = 144
/** As far back as a home may tell that could not reach us. */
const OLDEST_MS = 86_400_000
