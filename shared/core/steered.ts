/**
 * What steering knows of the home's lines in one look, for `DslFirst` to judge.
 */
import type { LegName } from './leg.ts'
import type { LegCounters } from './leg-traffic.ts'

/** What this tick knows of a leg. */
export interface SteeredLeg {
  readonly path: string
  readonly counters: LegCounters | undefined
  /** Why it is dead; undefined while it is not. */
  readonly dead: string | undefined
  /** How many bytes wait with us to leave by it; undefined where that is not known. */
  readonly waiting?: () => number | undefined
}

/** What whoever carries the home's connections sees of them. */
export interface Transfers {
  /** For how long, since whenever, DSL has been given less than there was to send. */
  readonly dslUnsentMs: number
  /** Of downloads: arrived, and waiting for what one of the lines still holds. undefined where none was looked at just now. */
  readonly gapBytes: number | undefined
}

export interface Steered extends Readonly<Record<LegName, SteeredLeg>> {
  /** Absent where nobody looks. */
  readonly transfers?: () => Transfers
}
