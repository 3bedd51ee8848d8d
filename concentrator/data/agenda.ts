/**
 * When each home's session wants to be looked at again: those that want it soon are in a short list, all
 * others in the loop's timer wheel, whose slots are too wide for a packet that waits for its turn on a leg.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import type { Loop } from '../../shared/relay/loop.ts'

/** A home's place in it. */
export class Appointment {
  readonly deadline: Deadline
  readonly look: (nowUs: number) => void
  dueUs = 0
  /** When it was last looked at, out of the short list. */
  lookedUs = -Infinity
  /** It stands in the short list. */
  soon = false

  constructor(loop: Loop, look: (nowUs: number) => void) {
    this.look = look
    this.deadline = new Deadline(() => look(loop.nowMs * 1_000))
  }
}

export class Agenda {
  readonly #loop: Loop
  #soon: Appointment[] = []

  constructor(loop: Loop) {
    this.#loop = loop
  }

  /** Look at `dueUs`, whatever was agreed before. */
  set(one: Appointment, dueUs: number, nowUs: number): void {
    one.dueUs = dueUs
    const inMs = (dueUs - nowUs) / 1_000
    if (inMs >= SOON_MS) {
      this.#loop.arm(one.deadline, inMs)
      return
    }
    this.#loop.disarm(one.deadline)
    if (one.soon) return
    one.soon = true
    this.#soon.push(one)
  }

  /** Look at the end of this round, but not again within LOOK_US_MIN. */
  now(one: Appointment, nowUs: number): void {
    const dueUs = Math.max(nowUs, one.lookedUs + LOOK_US_MIN)
    if (!one.soon || one.dueUs > dueUs) this.set(one, dueUs, nowUs)
  }

  /** Do not look any more. */
  cancel(one: Appointment): void {
    this.#loop.disarm(one.deadline)
    one.soon = false
    this.#soon = this.#soon.filter((other) => other !== one)
  }

  /** Milliseconds until the first of the short list; Infinity when it is empty. */
  waitMs(nowMs: number): number {
    let dueUs = Infinity
    for (let i = 0; i < this.#soon.length; i++) dueUs = Math.min(dueUs, this.#soon[i]!.dueUs)
    return dueUs / 1_000 - nowMs
  }

  /** The end of a round: look at all of the short list that are due. */
  turn(nowUs: number): void {
    const soon = this.#soon
    this.#soon = []
    for (let i = 0; i < soon.length; i++) {
      const one = soon[i]!
      one.soon = false
      if (one.dueUs <= nowUs) {
        one.lookedUs = nowUs
        one.look(nowUs)
      } else this.set(one, one.dueUs, nowUs)
    }
  }
}

/** Under load: a look costs as much as a packet. */
const LOOK_US_MIN = 1_000
/** Two slots of the wheel. */
const SOON_MS = 20
