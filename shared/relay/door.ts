/**
 * A listening socket in a data thread: every connection that waits is accepted, none is lost when the
 * process runs out of descriptors for a moment.
 */
import { Deadline } from '../core/timer-wheel.ts'
import { EAGAIN } from '../linux/kernel.ts'
import * as libc from '../linux/libc.ts'
import type { Loop, Watcher } from './loop.ts'

/** Accept from the listener `fd` for as long as the loop runs. */
export function openDoor(loop: Loop, fd: number, onAccept: (fd: number) => void): void {
  loop.watch(fd, new Door(loop, fd, onAccept))
}

class Door implements Watcher {
  readonly #loop: Loop
  readonly #fd: number
  readonly #onAccept: (fd: number) => void
  readonly #again = new Deadline(() => this.onReady())
  #turnAsked = false

  constructor(loop: Loop, fd: number, onAccept: (fd: number) => void) {
    this.#loop = loop
    this.#fd = fd
    this.#onAccept = onAccept
  }

  onReady(): void {
    for (let accepted = 0; accepted < ACCEPTS_PER_TURN_MAX; accepted++) {
      const fd = libc.accept(this.#fd)
      if (fd === -EAGAIN) return
      if (fd < 0) {
        // Out of descriptors or memory: the queue keeps what is in it, and no new edge will come.
        this.#loop.arm(this.#again, ACCEPT_AGAIN_MS)
        return
      }
      this.#onAccept(fd)
    }
    // Once: in a flood each round brings an edge, and each would add a turn to every round from then on.
    if (!this.#turnAsked) this.#loop.soon(this)
    this.#turnAsked = true
  }

  onTurn(): void {
    this.#turnAsked = false
    this.onReady()
  }
}

/** A burst of connections does not hold up the flows that run. */
const ACCEPTS_PER_TURN_MAX = 64
const ACCEPT_AGAIN_MS = 100
