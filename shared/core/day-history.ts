/**
 * What both lines carried in each minute of the last day, and for how long they were down: a ring of minutes, each
 * with its own date, so that a clock that is set leaves a gap and no lie.
 */
import { LEGS, type LegName } from './leg.ts'

/** What a second has added, in bytes; `down`: the leg could carry nothing. */
export interface SecondOfLeg {
  readonly downBytes: number
  readonly upBytes: number
  readonly dead: boolean
}

/** A minute that was looked at for `seconds`. */
export interface MinuteOfHome {
  /** Since 1970. */
  readonly minute: number
  readonly seconds: number
  readonly legs: Readonly<Record<LegName, MinuteOfLeg>>
}

export interface MinuteOfLeg {
  readonly downBytes: number
  readonly upBytes: number
  readonly deadSeconds: number
}

export class DayHistory {
  readonly #ring: Array<MinuteOfHome | undefined> = new Array(MINUTES).fill(undefined)

  /** `seconds` have passed since the look before. */
  note(legs: Readonly<Record<LegName, SecondOfLeg>>, seconds: number, unixMs: number): void {
    const minute = Math.floor(unixMs / MINUTE_MS)
    const slot = slotOf(minute)
    const before = this.#ring[slot]
    const same = before?.minute === minute ? before : undefined
    const add = (leg: LegName): MinuteOfLeg => {
      const { downBytes = 0, upBytes = 0, deadSeconds = 0 } = same?.legs[leg] ?? {}
      return {
        downBytes: downBytes + legs[leg].downBytes,
        upBytes: upBytes + legs[leg].upBytes,
        deadSeconds: deadSeconds + (legs[leg].dead ? seconds : 0),
      }
    }
    this.#ring[slot] = {
      minute,
      seconds: (same?.seconds ?? 0) + seconds,
      legs: { dsl: add('dsl'), lte: add('lte') },
    }
  }

  /** The minutes of the day that ends at `unixMs`, the oldest first; those that nobody saw are missing. */
  list(unixMs: number): MinuteOfHome[] {
    const last = Math.floor(unixMs / MINUTE_MS)
    return this.#ring
      .filter((one) => one !== undefined)
      .filter(({ minute }) => minute > last - MINUTES && minute <= last)
      .toSorted((one, other) => one.minute - other.minute)
  }

  /** As numbers, for a file and for the page. */
  rows(unixMs: number): MinuteRow[] {
    return this.list(unixMs).map(({ minute, seconds, legs }) => [
      minute,
      Math.round(seconds),
      ...LEGS.flatMap((leg) => {
        const { downBytes, upBytes, deadSeconds } = legs[leg]
        return [Math.round(downBytes), Math.round(upBytes), Math.round(deadSeconds)]
      }),
    ])
  }

  /** Take back what `rows` told. What is no row is left out. */
  recall(rows: readonly unknown[]): void {
    for (const row of rows.slice(-MINUTES)) {
      if (!isRow(row)) continue
      const leg = (at: number): MinuteOfLeg => ({
        downBytes: row[at]!,
        upBytes: row[at + 1]!,
        deadSeconds: row[at + 2]!,
      })
      const [minute = 0, seconds = 0] = row
      this.#ring[slotOf(minute)] = { minute, seconds, legs: { dsl: leg(2), lte: leg(5) } }
    }
  }
}

/** The minute, seconds seen, and of DSL and of LTE: bytes down, bytes up, seconds dead. */
export type MinuteRow = readonly number[]

function isRow(row: unknown): row is MinuteRow {
  return (
    Array.isArray(row) &&
    row.length === COLUMNS &&
    row.every((value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0)
  )
}

function slotOf(minute: number): number {
  return ((minute % MINUTES) + MINUTES) % MINUTES
}

const MINUTE_MS = 60_000
const MINUTES = 1_440
const COLUMNS = 8
