/**
 * Whether DSL is full in one direction, and why: packets queue for it; where no answer tells, it carries engageAt; and
 * where bbr leaves no queue on a line that it knows well, more is unsent than it takes (ADR 0057).
 *
 * The queue counts for more than the load: a line that is configured too slow looks full at a load that
 * it carries well, and one that is configured too fast never looks full.
 */
import { percent } from './percent.ts'

/** What DSL carries in a direction, and what waits for it. Rates in bytes a millisecond. */
export interface DslLoad {
  readonly dslBytesPerMs: number
  /** undefined while it is not known. */
  readonly capacity: number | undefined
  /** False for a capacity that is only known to be too low. */
  readonly certain: boolean
  /** It is what somebody shapes the line to, and who fills it comes very near to that. */
  readonly exact?: boolean
  /** True for one that the line has shown. */
  readonly proven: boolean
  /** What stands in DSL's queue for this direction; undefined while no answer tells. */
  readonly queueMs: number | undefined
  /** Something waits with us for DSL all the time; undefined where that is not known. */
  readonly waits: boolean | undefined
  /** DSL has been given less than there is to send. */
  readonly unsent: boolean
  /** A queue of this length is one of a full line. */
  readonly fullQueueMs: number
}

/** Why a line is full. */
export interface Full {
  /** As `dsl-queue 26 ms at 99 %`. */
  readonly reason: string
  /** Only what is unsent says so: that may be what bbr holds back for a moment, to see the line empty. */
  readonly byUnsent: boolean
}

/** undefined for a line that has room. */
export function whyFull(line: DslLoad, engageAt: number): Full | undefined {
  const { queueMs, fullQueueMs, capacity } = line
  const load = line.dslBytesPerMs / (capacity ?? Infinity)
  const at = capacity === undefined ? '' : ` at ${percent(load)}`
  const unsent = line.unsent ? { reason: `dsl-full more unsent${at}`, byUnsent: true } : undefined
  if (queueMs === undefined) {
    const loaded = line.certain && load >= (line.exact === true ? EXACTLY_FULL : engageAt)
    const full = { reason: `dsl-full ${percent(load)}`, byUnsent: false }
    return loaded && line.waits !== false ? full : unsent
  }
  // A line without a queue has room, whatever we think that it carries.
  const enough = line.proven && load >= ALL ? fullQueueMs * SHORT : fullQueueMs
  const queued = { reason: `dsl-queue ${Math.round(queueMs)} ms${at}`, byUnsent: false }
  return queueMs < enough ? unsent : queued
}

/** At this load, a queue of half the length is one of a full line: bbr comes up to it with little queue. */
const ALL = 0.97
const SHORT = 0.5
/** TCP carries 99 % of what it is shaped to, and the demand that needs no help is up to 93 % of that. */
const EXACTLY_FULL = 0.95
