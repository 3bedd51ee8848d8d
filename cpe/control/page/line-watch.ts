/**
 * Looks at the lines once a second for whoever looks at the page: what they carry now, and what they have carried in
 * each minute of the day.
 */
import { DayHistory } from '../../../shared/core/day-history.ts'
import type { Direction } from '../../../shared/core/dsl-queue.ts'
import { HelpEpisodes } from '../../../shared/core/help-episodes.ts'
import type { LegName } from '../../../shared/core/leg.ts'
import type { LegCounters } from '../../../shared/core/leg-traffic.ts'
import type { Reason } from '../../../shared/core/reasons.ts'
import type { Limit } from '../../../shared/core/verdict.ts'
import type { LteStanding } from '../../steering/lte-gate.ts'
import type { LegReport } from '../../steering/watched-leg.ts'
import { type LineFacts, lineCase } from './line-sentence.ts'
import type { LegCondition, LegNow, PageHistory, PageState } from './page-state.ts'

/** What is read of steering. */
export interface WatchedSteering {
  status(): {
    readonly legs: LineFacts['legs']
    readonly concentrator: LineFacts['concentrator']
    readonly active: LegName | undefined
    readonly help: Readonly<Record<Direction, { readonly engaged: boolean }>>
  }
  facts(): Readonly<Record<LegName, Pick<LegReport, 'rttMs' | 'sinceMs' | 'state'>>>
  reasons(): readonly Reason[]
  lte(): LteStanding
}

export interface WatchParts {
  readonly steering: WatchedSteering
  readonly counters: (leg: LegName) => LegCounters | undefined
  /** What limits the home now, as far as it is known. */
  readonly limit: () => Limit | undefined
  readonly manageable: boolean
  /** Monotonic, and the date as well as the house knows it. */
  readonly nowMs: () => number
  readonly unixMs: () => number
}

export class LineWatch {
  readonly #parts: WatchParts
  readonly #day = new DayHistory()
  readonly #episodes = new HelpEpisodes()
  #counted: Record<LegName, LegCounters | undefined> = { dsl: undefined, lte: undefined }
  readonly #since: Partial<Record<LegName, { condition: LegCondition; ms: number }>> = {}
  #lookedMs: number | undefined
  #state: PageState | undefined

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** As of the last look; the first is made when somebody asks. */
  get state(): PageState {
    return this.#state ?? this.look()
  }

  history(): PageHistory {
    const unixMs = this.#parts.unixMs()
    return { minutes: this.#day.rows(unixMs), episodes: this.#episodes.since(unixMs - DAY_MS) }
  }

  /** What `history` told before a restart, which was at `lastMs`. */
  recall({ minutes, episodes }: Partial<Record<keyof PageHistory, unknown>>, lastMs: number): void {
    if (Array.isArray(minutes)) this.#day.recall(minutes)
    if (Array.isArray(episodes)) this.#episodes.recall(episodes, lastMs)
  }

  /** Once a second. */
  look(): PageState {
    const { steering, nowMs: clock, unixMs: date, manageable } = this.#parts
    const nowMs = clock()
    const unixMs = date()
    const seconds = (nowMs - (this.#lookedMs ?? nowMs)) / 1_000
    this.#lookedMs = nowMs
    const { legs, concentrator, active, help } = steering.status()
    const carried = { dsl: this.#carried('dsl'), lte: this.#carried('lte') }
    const dead = (leg: LegName) => legs[leg].state === 'dead'
    this.#day.note(
      {
        dsl: { ...carried.dsl, dead: dead('dsl') },
        lte: { ...carried.lte, dead: dead('lte') },
      },
      seconds,
      unixMs,
    )
    this.#episodes.take(steering.reasons())
    const { barred, budget, month } = steering.lte()
    const limit = this.#parts.limit()
    const helps = { down: help.down.engaged, up: help.up.engaged }
    const facts = steering.facts()
    const leg = (name: LegName): LegNow => {
      const { state, sinceMs, rttMs } = facts[name]
      const condition = name === 'lte' && barred !== undefined ? 'barred' : CONDITIONS[state]
      const bitsPerS = (bytes: number) => (seconds > 0 ? Math.round((8 * bytes) / seconds) : 0)
      return {
        condition,
        sinceMs: Math.round(nowMs - this.#turnedMs(name, condition, nowMs - sinceMs)),
        downBitsPerS: bitsPerS(carried[name].downBytes),
        upBitsPerS: bitsPerS(carried[name].upBytes),
        ...(rttMs !== undefined && {
          rtt: { ms: Math.round(rttMs.value * 10) / 10, ageMs: rttMs.ageMs },
        }),
      }
    }
    this.#state = {
      atMs: unixMs,
      line: lineCase({
        legs,
        concentrator,
        active,
        helps: helps.down || helps.up,
        barred: whyBarred(barred),
        spent: budget.spent,
      }),
      ...(limit !== undefined && { limit }),
      legs: { dsl: leg('dsl'), lte: leg('lte') },
      helps,
      ...(month !== undefined && { budget: month }),
      manageable,
    }
    return this.#state
  }

  /** When it came into this condition; `turnedMs` is when its state last changed, be it for a doubt. */
  #turnedMs(leg: LegName, condition: LegCondition, turnedMs: number): number {
    const since = this.#since[leg]
    if (since?.condition === condition) return since.ms
    this.#since[leg] = { condition, ms: turnedMs }
    return turnedMs
  }

  /** Since the look before. Counters that went back are another interface's. */
  #carried(leg: LegName): { downBytes: number; upBytes: number } {
    const now = this.#parts.counters(leg)
    const before = this.#counted[leg]
    this.#counted[leg] = now
    if (now === undefined || before === undefined) return { downBytes: 0, upBytes: 0 }
    return {
      downBytes: Math.max(0, now.rxBytes - before.rxBytes),
      upBytes: Math.max(0, now.txBytes - before.txBytes),
    }
  }
}

function whyBarred(said: string | undefined): LineFacts['barred'] {
  if (said === undefined) return undefined
  return said === 'roaming' ? 'roams' : 'spent'
}

/** A moment of doubt is no news. */
const CONDITIONS: Readonly<Record<'unknown' | 'up' | 'suspect' | 'dead', LegCondition>> = {
  unknown: 'unknown',
  up: 'works',
  suspect: 'works',
  dead: 'down',
}
const DAY_MS = 86_400_000
