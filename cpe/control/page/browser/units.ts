/**
 * Numbers and times as people read them.
 */
import { TEXTS } from '../texts.ts'

export function rate(bitsPerS: number): string {
  if (bitsPerS < 50) return '0 Mbit/s'
  if (bitsPerS < 100_000) return `${digits(bitsPerS / 1_000, 0)} kbit/s`
  return `${digits(bitsPerS / 1e6, bitsPerS < 1e7 ? 1 : 0)} Mbit/s`
}

/** Of the end of an axis. */
export function round(bitsPerS: number): string {
  return `${digits(bitsPerS / 1e6, 0)} Mbit/s`
}

/** With the same unit always, for a table. */
export function megabits(bitsPerS: number): string {
  return digits(bitsPerS / 1e6, bitsPerS < 1e7 ? 1 : 0)
}

export function milliseconds(ms: number): string {
  return `${digits(ms, ms < 10 ? 1 : 0)} ms`
}

export function amount(bytes: number): string {
  if (bytes >= 1e9) return `${digits(bytes / 1e9, bytes < 1e10 ? 1 : 0)} GB`
  return `${megabytes(bytes)} MB`
}

export function megabytes(bytes: number): string {
  return digits(bytes / 1e6, bytes > 5e4 && bytes < 1e7 ? 1 : 0)
}

export function age(ms: number): string {
  if (ms < 90_000) return `${Math.round(ms / 1_000)} s`
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`
  return `${Math.round(ms / 86_400_000)} d`
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
