/**
 * Answers for people: tables and times. With --json a program reads what the API said.
 */
import { leavesOf } from '../shared/core/leaves.ts'
import type { Answer } from './api.ts'

/** Columns as wide as what they hold; a head, and a line for each row. */
export function table(head: readonly string[], rows: ReadonlyArray<readonly unknown[]>): string {
  const cells = rows.map((row) => row.map(cell))
  const widths = head.map((name, i) => Math.max(name.length, ...cells.map((row) => row[i]!.length)))
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => text.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()
  return [head, ...cells].map(line).join('\n')
}

/** One thing, a key each line, those below others with points: `overflow.trialS`. */
export function sheet(answer: Answer): string {
  const lines = [...leavesOf(answer)]
  const width = Math.max(0, ...lines.map(([key]) => key.length))
  return lines.map(([key, value]) => `${key.padEnd(width)}  ${cell(value)}`).join('\n')
}

export function bytes(count: unknown): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = Number(count)
  let unit = 0
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_000
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[unit]}`
}

/** Nothing that is shown moves the cursor of the terminal. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return '-'
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.replace(/\p{Cc}/gu, '?')
}
