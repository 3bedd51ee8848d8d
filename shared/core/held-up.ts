/**
 * Whether DSL may be waiting for what LTE has under way, while both carry less than DSL did alone.
 *
 *     what has arrived and waits for a piece   ▁▁▃▅▇▇█   of downloads: read (ADR 0059)
 *     LTE                                      ▂▁▁▂▁▁▂   it moves, if only now and then: a line that is silent is dead soon
 *     DSL's own queue                          ▅▁▁▁▁▁▁   who waits has none; a DSL that has become slow has one
 */
import type { DslLoad } from './dsl-full.ts'

export interface LteHold extends Pick<DslLoad, 'fullQueueMs' | 'queueMs'> {
  /** Of a download: arrived, and waiting for what a line still holds. undefined where nobody looks. */
  readonly gapBytes: number | undefined
  /** LTE has carried something just now, and not only on an average. */
  readonly lteWorks: boolean
  /** It has within the last second. */
  readonly lteMoved: boolean
  /** A line was replaced or got another address just now: what was under way on it is being sent again. */
  readonly changed: boolean
}

/** `alone`: what DSL carried before LTE helped, in bytes a millisecond. */
export function mayHoldUp(hold: LteHold, alone: number): boolean {
  if (hold.changed) return false
  if (hold.gapBytes === undefined) return hold.lteWorks
  const slow = (hold.queueMs ?? 0) >= hold.fullQueueMs
  return hold.lteMoved && !slow && hold.gapBytes >= Math.max(GAP_BYTES_MIN, alone * GAP_MS)
}

/** Two good lines leave as much out of order as one carries in the time that the other takes longer. */
const GAP_MS = 80
const GAP_BYTES_MIN = 65_536
