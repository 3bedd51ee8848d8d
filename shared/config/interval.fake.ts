/**
 * An interval as a home with a DSL of 16 Mbit/s and no LTE would tell it.
 */
import type { TimedInterval } from './interval-messages.ts'

/** It ended then; DSL carried so many bytes a millisecond downwards. */
export function interval(atMs: number, down: number): TimedInterval {
  const known = (most: number) => ({ down: most, up: most })
  const none = { down: undefined, up: undefined }
  return {
    atMs,
    ms: 10_000,
    legs: {
      dsl: {
        upShare: 1,
        carried: { down, up: 10 },
        capacity: known(2_000),
        cap: none,
        queueMs: 20,
        lostShare: none,
      },
      lte: {
        upShare: 0,
        carried: known(0),
        capacity: none,
        cap: none,
        queueMs: undefined,
        lostShare: none,
      },
    },
    lte: 'allowed',
    helpShare: known(0),
    keptOutShare: known(0),
    bondedShare: 1,
    plainShare: 0,
    processorShare: 0.2,
    up: { heldShare: 0, servedShare: 0 },
    lanHeldShare: 0,
  }
}
