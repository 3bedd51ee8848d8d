/**
 * The minutes of the day put together: five of them for a bar of the chart, an hour of them for a row of the table.
 */

import type { MinuteRow } from '../../../../shared/core/day-history.ts'
import type { Direction } from '../../../../shared/core/dsl-queue.ts'
import type { LegName } from '../../../../shared/core/leg.ts'

export interface DayCell {
  readonly fromMs: number
  /** False where nobody looked. */
  readonly seen: boolean
  /** Averages. */
  readonly bitsPerS: Readonly<Record<LegName, Readonly<Record<Direction, number>>>>
  readonly deadSeconds: Readonly<Record<LegName, number>>
}

/** The cells of the day that ends with the minute of `nowMs`, the oldest first. */
export function cellsOf(
  minutes: readonly MinuteRow[],
  nowMs: number,
  minutesInCell: number,
): DayCell[] {
  const end = Math.floor(nowMs / MINUTE_MS) + 1
  const count = Math.ceil(DAY_MINUTES / minutesInCell)
  const begin = end - count * minutesInCell
  const sums = Array.from({ length: count }, () => new Float64Array(COLUMNS))
  for (const row of minutes) {
    const sum = sums[Math.floor(((row[0] ?? 0) - begin) / minutesInCell)]
    for (let column = 1; sum !== undefined && column < COLUMNS; column++) {
      sum[column]! += row[column] ?? 0
    }
  }
  return sums.map((sum, i) => {
    const seconds = sum[1] ?? 0
    const average = (at: number) => (seconds > 0 ? (8 * (sum[at] ?? 0)) / seconds : 0)
    return {
      fromMs: (begin + i * minutesInCell) * MINUTE_MS,
      seen: seconds > 0,
      bitsPerS: {
        dsl: { down: average(2), up: average(3) },
        lte: { down: average(5), up: average(6) },
      },
      deadSeconds: { dsl: sum[4] ?? 0, lte: sum[7] ?? 0 },
    }
  })
}

/** The least of 1, 2, 5, 10, 20 ... Mbit/s that holds it. */
export function scaleOf(bitsPerS: number): number {
  for (let decade = 1e6; ; decade *= 10) {
    for (const step of [1, 2, 5]) if (step * decade >= bitsPerS) return step * decade
  }
}

const MINUTE_MS = 60_000
const DAY_MINUTES = 1_440
const COLUMNS = 8
