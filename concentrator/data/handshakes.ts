/**
 * Connections that were accepted with their first bytes in the SYN, before the handshake was over.
 *
 * Linux (6.18) queues what is written to an MPTCP connection at that time, says so, and does not send it
 * when the last ACK comes: it waits for the next call. So these are looked at until they are established,
 * and then the kernel is given a call that changes nothing. It holds for answers, refusals and the end of
 * the stream alike, whoever writes them.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { isHandshaking, noDelay } from '../../shared/linux/sockets.ts'
import type { Loop } from '../../shared/relay/loop.ts'

export class Handshakes {
  readonly #loop: Loop
  /** By descriptor: when it is given up, and what is done once it is established. */
  readonly #waiting = new Map<number, { readonly untilMs: number; readonly onDone: () => void }>()
  readonly #look = new Deadline(() => this.#lookAtAll())

  constructor(loop: Loop) {
    this.#loop = loop
  }

  /** `onDone` comes at once when the handshake is over already. True when it is not. */
  watch(fd: number, onDone: () => void): boolean {
    if (!isHandshaking(fd)) {
      onDone()
      return false
    }
    this.#waiting.set(fd, { untilMs: this.#loop.nowMs + HANDSHAKE_MS_MAX, onDone })
    if (!this.#look.armed) this.#loop.arm(this.#look, LOOK_MS)
    return true
  }

  /** Something happened on `fd`: perhaps its handshake is over. */
  look(fd: number): void {
    const handshake = this.#waiting.get(fd)
    if (handshake === undefined || isHandshaking(fd)) return
    this.#waiting.delete(fd)
    noDelay(fd)
    handshake.onDone()
  }

  /** Its descriptor is about to be closed. */
  forget(fd: number): void {
    this.#waiting.delete(fd)
  }

  #lookAtAll(): void {
    for (const [fd, { untilMs }] of this.#waiting) {
      if (this.#loop.nowMs >= untilMs) this.#waiting.delete(fd)
      else this.look(fd)
    }
    if (this.#waiting.size > 0) this.#loop.arm(this.#look, LOOK_MS)
  }
}

/** How late an answer may be for this. */
const LOOK_MS = 5
/** The kernel gives up its SYN+ACK later; what was written is lost with the connection. */
const HANDSHAKE_MS_MAX = 60_000
