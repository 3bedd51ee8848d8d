/**
 * Legs on which Convert was not answered, or by somebody who does not speak it: a box on the way, not
 * the concentrator. New uplinks begin on another leg for a while.
 *
 *     missing, first      TRIAL_MS            chance loses a hello, too
 *     missing, again      60 s, doubling      up to an hour
 *     alien               60 s, doubling      no concentrator speaks like that
 *
 * When the time is over one hello is sent to see; the others go on elsewhere until it was answered.
 * Only the comparison convicts a leg that is silent: if the others are silent as well, it is the
 * concentrator, and no leg is marked for it.
 */
import { LEGS, type LegName } from './leg.ts'

export type Fault = 'missing' | 'alien'

export class LegMarks {
  readonly #marks: Record<LegName, Mark> = { dsl: CLEAN, lte: CLEAN }

  marked(leg: LegName, nowMs: number): boolean {
    return nowMs < this.#marks[leg].untilMs
  }

  /** Nothing is held against it. */
  clean(leg: LegName): boolean {
    return this.#marks[leg] === CLEAN
  }

  /** Its time is over, and nobody has tried it since. */
  due(leg: LegName, nowMs: number): boolean {
    const { untilMs, triedMs } = this.#marks[leg]
    return !this.clean(leg) && nowMs >= untilMs && nowMs - triedMs >= TRY_MS
  }

  /** A hello is on its way there, to see. */
  tried(leg: LegName, nowMs: number): void {
    this.#marks[leg] = { ...this.#marks[leg], triedMs: nowMs }
  }

  /**
   * Milliseconds for which new uplinks avoid `leg` from now on; 0 where it was marked already, and this
   * fault was on its way; undefined where the fault is not its own. `others` are the legs that could be
   * dialled on instead.
   */
  mark(leg: LegName, fault: Fault, others: readonly LegName[], nowMs: number): number | undefined {
    const before = this.#marks[leg]
    if (this.marked(leg, nowMs) && (fault === 'missing' || before.fault === 'alien')) return 0
    if (fault === 'missing' && others.every((other) => this.marked(other, nowMs))) {
      for (const one of LEGS) if (this.#marks[one].fault === 'missing') this.forget(one)
      return undefined
    }
    const inRow = before.inRow + 1
    // The alien is certain from the first time on.
    const turns = fault === 'alien' ? inRow : inRow - 1
    const forMs = turns === 0 ? TRIAL_MS : Math.min(MARK_MS_MIN * 2 ** (turns - 1), MARK_MS_MAX)
    const untilMs = nowMs + forMs
    this.#marks[leg] = { fault, inRow: Math.min(inRow, IN_ROW_MAX), untilMs, triedMs: -Infinity }
    return forMs
  }

  /** An uplink that began on `leg` had its first answer, a good one. What was asked before a mark of weight does not lift it. */
  answered(leg: LegName, nowMs: number): void {
    const { inRow, fault } = this.#marks[leg]
    const trial = fault === 'missing' && inRow === 1
    if (trial || !this.marked(leg, nowMs)) this.forget(leg)
  }

  /** Another line than the one that was marked. */
  forget(leg: LegName): void {
    this.#marks[leg] = CLEAN
  }
}

interface Mark {
  readonly fault: Fault | undefined
  readonly inRow: number
  readonly untilMs: number
  readonly triedMs: number
}

const CLEAN: Mark = { fault: undefined, inRow: 0, untilMs: -Infinity, triedMs: -Infinity }
const TRIAL_MS = 5_000
const MARK_MS_MIN = 60_000
const MARK_MS_MAX = 3_600_000
const IN_ROW_MAX = 16
/** Longer than a hello is waited for. */
const TRY_MS = 4_000
