/**
 * Intervals as they cross the control session: what a home has seen of one (core/verdict-facts.ts), and what its
 * concentrator has. Shares beyond 1 and rates beyond any line are somebody's mistake, and are refused.
 */
import { z } from 'zod'
import type { HomeInterval, StreetInterval } from '../core/verdict-facts.ts'

const share = z.number().min(0).max(1)
/** Bytes a millisecond: 8 Tbit/s. */
const rate = z.number().min(0).max(1e9)
const known = z.object({ down: rate.optional(), up: rate.optional() }).transform(both)
const lost = z.object({ down: share.optional(), up: share.optional() }).transform(both)
const waiting = z.object({
  heldShare: share,
  servedShare: share,
  windowShare: share.optional(),
})

const leg = z.object({
  upShare: share,
  carried: z.object({ down: rate, up: rate }),
  capacity: known,
  cap: known,
  queueMs: z.number().min(0).max(1e6).optional(),
  lostShare: lost,
})

export const homeInterval = z.object({
  /** When it ended, on the concentrator's clock as far as the home knows it, and how long it was. */
  atMs: z.number().min(0).max(8.64e15),
  ms: z.number().min(1).max(3_600_000),
  legs: z.object({ dsl: leg, lte: leg }).transform(({ dsl, lte }) => ({
    dsl: { ...dsl, queueMs: dsl.queueMs },
    lte: { ...lte, queueMs: lte.queueMs },
  })),
  lte: z.enum(['allowed', 'spent', 'throttled', 'roaming']),
  helpShare: z.object({ down: share, up: share }),
  keptOutShare: z.object({ down: share, up: share }).default({ down: 0, up: 0 }),
  bondedShare: share,
  plainShare: share.optional(),
  processorShare: share.optional(),
  up: waiting,
  lanHeldShare: share,
  testedShare: share.optional(),
})

/** When an interval ended and how long it was, beside what was seen in it. */
export interface TimedInterval extends HomeInterval {
  readonly atMs: number
  readonly ms: number
}

export const streetInterval = z.object({
  processorShare: share.optional(),
  down: waiting,
  serverHeldShare: share,
})

export function timedInterval(said: z.infer<typeof homeInterval>): TimedInterval {
  const { plainShare, processorShare, ...others } = said
  return { ...others, plainShare, processorShare }
}

export function streetSaid(said: z.infer<typeof streetInterval>): StreetInterval {
  const { processorShare, ...others } = said
  return { ...others, processorShare }
}

function both<T>({ down, up }: { down?: T | undefined; up?: T | undefined }) {
  return { down, up }
}
