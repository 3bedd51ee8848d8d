/**
 * What the home tells the concentrator of itself: how its legs are and why, what they have carried, and what
 * was decided since it told last.
 */
import { randomBytes } from 'node:crypto'
import type { HomeReport } from '../../shared/config/control-messages.ts'
import type { Direction } from '../../shared/core/dsl-queue.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { Reason } from '../../shared/core/reasons.ts'

/** What steering says of LTE. */
export interface HouseLte {
  readonly month: { readonly usedBytes: number; readonly monthlyBytes: number } | undefined
}

/** What steering says of itself. */
export interface HouseStatus {
  readonly legs: Readonly<Record<LegName, Said & { readonly rttMs: number | undefined }>>
  readonly concentrator: Said
  readonly help: Readonly<
    Record<Direction, { readonly engaged: boolean; readonly dslCapacity: number | undefined }>
  >
}

interface Said {
  readonly state: string
  readonly reason: string
}

/** What a leg has carried since the start; counters that went back are another interface's. */
interface Carried {
  upBytes: number
  downBytes: number
  last: LegCounters | undefined
}

export class Reporter {
  /** Sums begin with us. */
  readonly #epoch = randomBytes(8).toString('hex')
  readonly #carried: Readonly<Record<LegName, Carried>> = {
    dsl: { upBytes: 0, downBytes: 0, last: undefined },
    lte: { upBytes: 0, downBytes: 0, last: undefined },
  }
  readonly #states: Record<LegName, string> = { dsl: '', lte: '' }
  /** Of legs that came and went, not told yet. */
  #changes: Array<{ readonly atMs: number; readonly text: string }> = []
  /** On the monotonic clock: what was noted until then has been heard, and has been told. */
  #heardMs = -Infinity
  #toldMs = -Infinity

  /** Once a second or more often: what the legs have carried so far, and how they are. */
  look(
    counters: (leg: LegName) => LegCounters | undefined,
    { legs }: Pick<HouseStatus, 'legs'>,
    nowMs: number,
  ): void {
    for (const leg of LEGS) {
      this.#count(this.#carried[leg], counters(leg))
      const { state, reason } = legs[leg]
      if (state === 'suspect' || state === this.#states[leg]) continue
      this.#states[leg] = state
      // Most reasons of a leg begin with their kind already.
      const text = reason.startsWith(`${leg}-`) ? reason : `${leg}-${state} ${reason}`
      this.#changes.push({ atMs: nowMs, text })
      this.#changes.splice(0, this.#changes.length - CHANGES_MAX)
    }
  }

  /** `decided`: why LTE was used or not, oldest first. `unixMs` is the date at `nowMs` of the monotonic clock. */
  report(
    { legs, concentrator, help }: HouseStatus,
    { month }: HouseLte,
    decided: readonly Decided[],
    nowMs: number,
    unixMs: number,
  ): HomeReport {
    this.#toldMs = nowMs
    const reasons = [...decided.filter(({ atMs }) => atMs > this.#heardMs), ...this.#changes]
    const said = ({ state, reason }: Said) => ({
      state,
      reason: reason.slice(0, SENTENCE_MAX),
    })
    const leg = (name: LegName) => {
      const { rttMs } = legs[name]
      return {
        ...said(legs[name]),
        ...(rttMs !== undefined && { rttMs: Math.round(rttMs * 10) / 10 }),
      }
    }
    const carried = (name: LegName) => {
      const { upBytes, downBytes } = this.#carried[name]
      return { upBytes, downBytes }
    }
    return {
      atMs: Math.max(0, Math.round(unixMs)),
      legs: { dsl: leg('dsl'), lte: leg('lte') },
      concentrator: said(concentrator),
      usage: { epoch: this.#epoch, dsl: carried('dsl'), lte: carried('lte') },
      dslCapacity: ofBoth((direction) => perSecond(help[direction].dslCapacity)),
      lte: {
        helps: ofBoth((direction) =>
          help[direction].engaged ? kindOf(direction, decided) : undefined,
        ),
        ...(month !== undefined && { budgetUsed: month.usedBytes / month.monthlyBytes }),
      },
      reasons: reasons
        .toSorted((one, other) => one.atMs - other.atMs)
        .slice(-REASONS_MAX)
        .map(({ atMs, text }) => ({
          atMs: Math.max(0, Math.round(unixMs - (nowMs - atMs))),
          text: text.slice(0, SENTENCE_MAX),
        })),
    }
  }

  /** What was told last has arrived: it need not be said again. */
  heard(): void {
    this.#heardMs = this.#toldMs
    this.#changes = this.#changes.filter(({ atMs }) => atMs > this.#heardMs)
  }

  #count(carried: Carried, now: LegCounters | undefined): void {
    const { last } = carried
    carried.last = now
    if (now === undefined || last === undefined) return
    carried.upBytes += Math.max(0, now.txBytes - last.txBytes)
    carried.downBytes += Math.max(0, now.rxBytes - last.rxBytes)
  }
}

type Decided = Pick<Reason, 'atMs' | 'direction' | 'kind' | 'text'>

/** Why LTE helps there, as it was decided last. */
function kindOf(direction: Direction, decided: readonly Decided[]): string {
  return decided.findLast((one) => one.direction === direction)?.kind ?? 'other'
}

/** Of each direction what is known of it. */
function ofBoth<T>(of: (direction: Direction) => T | undefined): { up?: T; down?: T } {
  const [up, down] = [of('up'), of('down')]
  return { ...(up !== undefined && { up }), ...(down !== undefined && { down }) }
}

/** From bytes a millisecond. */
function perSecond(bytesPerMs: number | undefined): number | undefined {
  return bytesPerMs === undefined ? undefined : Math.round(bytesPerMs * 1_000)
}

/** What a report may hold. */
const REASONS_MAX = 256
const SENTENCE_MAX = 300
const CHANGES_MAX = 64
