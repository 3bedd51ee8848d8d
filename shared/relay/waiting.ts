/**
 * How transfers fare: whether the one who shall have the bytes takes them as fast as they come. A thread looks at its
 * flows now and then; what a look finds counts for the time since the look before.
 *
 *    held    something waits here for `to`: it comes in faster than it goes out
 *    served  a long transfer has moved, and nothing of it waits: it goes out as fast as it comes in
 *    still   neither
 */
import type { HalfFlow } from './pump.ts'

export const Fares = { still: 0, served: 1, held: 2 } as const
export type Fares = (typeof Fares)[keyof typeof Fares]

/** One direction of a flow, since the last look. */
export function lookAt(half: HalfFlow): Fares {
  const moved = half.bytes > half.seenBytes
  half.seenBytes = half.bytes
  if (half.held !== undefined) return Fares.held
  return moved && half.bytes >= LONG_BYTES ? Fares.served : Fares.still
}

/** A page's pieces are over before anybody could ask who holds them up. */
const LONG_BYTES = 1_048_576
