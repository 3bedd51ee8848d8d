/**
 * Usage is kept by hours and by days of UTC. A billing period is days: it begins on the home's reset day,
 * and no daylight saving moves it.
 */
import type { Octets, Span } from './keeper.ts'

/** Where the span that holds `atMs` begins, Unix time. */
export function spanStartS(span: Span, atMs: number): number {
  const lengthS = span === 'hour' ? HOUR_S : DAY_S
  return Math.floor(atMs / 1_000 / lengthS) * lengthS
}

export interface Period {
  readonly fromS: number
  readonly untilS: number
}

/** The billing period that holds `atMs`. `resetDay` is 1 to 28, so every month has it. */
export function periodAt(atMs: number, resetDay: number): Period {
  const at = new Date(atMs)
  const months = at.getUTCDate() >= resetDay ? 0 : -1
  const start = (ahead: number) =>
    Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months + ahead, resetDay) / 1_000
  return { fromS: start(0), untilS: start(1) }
}

export function sumOf(some: readonly Octets[]): Octets {
  return some.reduce(added, NO_OCTETS)
}

export function added(one: Octets, other: Octets): Octets {
  return {
    dslUp: one.dslUp + other.dslUp,
    dslDown: one.dslDown + other.dslDown,
    lteUp: one.lteUp + other.lteUp,
    lteDown: one.lteDown + other.lteDown,
  }
}

export const NO_OCTETS: Octets = { dslUp: 0, dslDown: 0, lteUp: 0, lteDown: 0 }

const HOUR_S = 3_600
export const DAY_S = 86_400
