/**
 * Deadlines for tens of thousands of connections, at the cost of a list insertion each.
 *
 *    slot    0      1      2            511
 *          ┌───┐  ┌───┐  ┌───┐        ┌───┐     a deadline lies in slot (time / SLOT_MS) mod SLOTS;
 *          │ ● │  │   │  │ ● │  ....  │   │     one further away than a turn waits in its slot until
 *          └───┘  └───┘  └─●─┘        └───┘     its turn has come
 *
 * A deadline fires in the slot that follows it: never early, at most SLOT_MS late. Time is an
 * argument and must not run backwards.
 */

/** One deadline. Owned by whoever waits; a deadline is in at most one wheel and fires once. */
export class Deadline {
  /** Milliseconds on the caller's clock; only true while armed. */
  atMs = 0
  armed = false
  slot = 0
  previous: Deadline | undefined
  next: Deadline | undefined
  readonly fire: () => void

  constructor(fire: () => void) {
    this.fire = fire
  }
}

export class TimerWheel {
  readonly #slots: Array<Deadline | undefined> = new Array(SLOTS).fill(undefined)
  #tick: number
  #armed = 0

  constructor(nowMs: number) {
    this.#tick = Math.floor(nowMs / SLOT_MS)
  }

  /** Arm `deadline` for `atMs`, or move it there when it is armed already. */
  arm(deadline: Deadline, atMs: number): void {
    this.disarm(deadline)
    const tick = Math.max(Math.ceil(atMs / SLOT_MS), this.#tick + 1)
    const slot = tick % SLOTS
    const head = this.#slots[slot]
    deadline.atMs = tick * SLOT_MS
    deadline.slot = slot
    deadline.armed = true
    deadline.previous = undefined
    deadline.next = head
    if (head !== undefined) head.previous = deadline
    this.#slots[slot] = deadline
    this.#armed++
  }

  disarm(deadline: Deadline): void {
    if (!deadline.armed) return
    if (deadline.previous === undefined) this.#slots[deadline.slot] = deadline.next
    else deadline.previous.next = deadline.next
    if (deadline.next !== undefined) deadline.next.previous = deadline.previous
    deadline.armed = false
    deadline.previous = undefined
    deadline.next = undefined
    this.#armed--
  }

  /** Fire what is due. A deadline may arm itself or others while it fires. */
  advance(nowMs: number): void {
    const until = Math.floor(nowMs / SLOT_MS)
    // After a long sleep one whole turn visits every slot; more would visit them again for nothing.
    if (until - this.#tick > SLOTS) this.#tick = until - SLOTS
    while (this.#tick < until) {
      this.#tick++
      this.#fireSlot(this.#tick % SLOTS, this.#tick * SLOT_MS)
    }
  }

  /** Milliseconds until something may be due, or -1 when nothing is armed: what epoll_wait wants. */
  waitMs(nowMs: number): number {
    if (this.#armed === 0) return -1
    let tick = this.#tick + 1
    while (this.#slots[tick % SLOTS] === undefined) tick++
    return Math.max(0, Math.ceil(tick * SLOT_MS - nowMs))
  }

  #fireSlot(slot: number, dueMs: number): void {
    let deadline = this.#slots[slot]
    while (deadline !== undefined) {
      const due = deadline
      deadline = due.next
      if (due.atMs > dueMs) continue
      this.disarm(due)
      due.fire()
      // What fired may have disarmed its neighbour: start the slot again.
      deadline = this.#slots[slot]
    }
  }
}

/** How late a deadline may be, in milliseconds. */
const SLOT_MS = 10
const SLOTS = 512
