/**
 * Numbers and times as people read them.
 */
import { TEXTS } from '../texts.ts'

const { units } = TEXTS

export function rate(bitsPerS: number): string {
  if (bitsPerS < 50) return units.mbitPerS(digits(0, 0))
  if (bitsPerS < 100_000) return units.kbitPerS(digits(bitsPerS / 1_000, 0))
  return units.mbitPerS(megabits(bitsPerS))
}

/** Of the end of an axis. */
export function round(bitsPerS: number): string {
  return units.mbitPerS(digits(bitsPerS / 1e6, 0))
}

/** With the same unit always, for a table. */
export function megabits(bitsPerS: number): string {
  return digits(bitsPerS / 1e6, bitsPerS < 9.95e6 ? 1 : 0)
}

export function milliseconds(ms: number): string {
  return units.milliseconds(digits(ms, ms < 9.95 ? 1 : 0))
}

export function amount(bytes: number): string {
  if (bytes >= 1e9) return units.gigabytes(digits(bytes / 1e9, bytes < 9.95e9 ? 1 : 0))
  return units.megabytes(digits(bytes / 1e6, bytes > 5e4 && bytes < 9.95e6 ? 1 : 0))
}

/** Of a file. */
export function fileSize(bytes: number): string {
  return bytes < 1e6 ? units.kilobytes(digits(Math.ceil(bytes / 1e3), 0)) : amount(bytes)
}

export function age(ms: number): string {
  if (ms < 90_000) return units.seconds(digits(ms / 1_000, 0))
  if (ms < 5_400_000) return units.minutes(digits(ms / 60_000, 0))
  if (ms < 172_800_000) return units.hours(digits(ms / 3_600_000, 0))
  return units.days(digits(ms / 86_400_000, 0))
}

export function clock(unixMs: number): string {
  return CLOCK.format(unixMs)
}

export function date(unixMs: number): string {
  return DATE.format(unixMs)
}

function digits(value: number, behind: number): string {
  return value.toLocaleString(TEXTS.language, {
    minimumFractionDigits: behind,
    maximumFractionDigits: behind,
  })
}

const CLOCK = new Intl.DateTimeFormat(TEXTS.language, {
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
/** A month begins in UTC (budget.resetDay). */
const DATE = new Intl.DateTimeFormat(TEXTS.language, {
  day: 'numeric',
  month: 'long',
  timeZone: 'UTC',
})
