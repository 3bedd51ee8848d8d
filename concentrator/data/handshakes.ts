/**
 * Connections that were accepted with their first bytes in the SYN, before the handshake was over.
 *
 * Linux (6.18) queues what is written to an MPTCP connection at that time, says so, and does not send it
 * when the last ACK comes: it waits for the next call. So these are looked at until they are established,
 * and then the kernel is given a call that changes nothing. It holds for answers, refusals and the end of
 * the stream alike, whoever writes them.
 *
 * Anybody can leave a handshake unfinished, from an address that is not his: so each is looked at more and
 * more rarely, and all together only so often. They take turns.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { isHandshaking, noDelay } from '../../shared/linux/sockets.ts'
import type { Loop } from '../../shared/relay/loop.ts'

interface Handshake {
  readonly sinceMs: number
  readonly onDone: () => void
  lookAtMs: number
}

/** What the kernel is asked and told. */
interface Sockets {
  readonly isHandshaking: (fd: number) => boolean
  /** The call that changes nothing. */
  readonly nudge: (fd: number) => void
}

export class Handshakes {
  readonly #loop: Pick<Loop, 'nowMs' | 'arm'>
  readonly #sockets: Sockets
  /** By descriptor; the Map's order is whose turn is next. */
  readonly #waiting = new Map<number, Handshake>()
  readonly #look = new Deadline(() => this.#lookAtSome())

  constructor(
    loop: Pick<Loop, 'nowMs' | 'arm'>,
    sockets: Sockets = { isHandshaking, nudge: noDelay },
  ) {
    this.#loop = loop
    this.#sockets = sockets
  }

  /** `onDone` comes at once when the handshake is over already. True when it is not. */
  watch(fd: number, onDone: () => void): boolean {
    if (!this.#sockets.isHandshaking(fd)) {
      onDone()
      return false
    }
    const { nowMs } = this.#loop
    this.#waiting.set(fd, { sinceMs: nowMs, onDone, lookAtMs: nowMs + LOOK_MS })
    if (!this.#look.armed) this.#loop.arm(this.#look, LOOK_MS)
    return true
  }

  /** Its descriptor is about to be closed. */
  forget(fd: number): void {
    this.#waiting.delete(fd)
  }

  #lookAtSome(): void {
    const { nowMs } = this.#loop
    let looks = 0
    for (const [fd, handshake] of this.#waiting) {
      if (handshake.lookAtMs > nowMs) continue
      if (looks++ === LOOKS_MAX) break
      this.#waiting.delete(fd)
      const ageMs = nowMs - handshake.sinceMs
      if (ageMs >= HANDSHAKE_MS_MAX) continue
      if (this.#sockets.isHandshaking(fd)) {
        handshake.lookAtMs = nowMs + Math.min(Math.max(LOOK_MS, ageMs * LATE_SHARE), LOOK_MS_MAX)
        // Set again, it is the last in the order.
        this.#waiting.set(fd, handshake)
      } else {
        this.#sockets.nudge(fd)
        handshake.onDone()
      }
    }
    if (this.#waiting.size > 0) this.#loop.arm(this.#look, LOOK_MS)
  }
}

/** How late an answer may be for this: a quarter of what the handshake takes, within these bounds. */
const LATE_SHARE = 0.25
const LOOK_MS = 5
const LOOK_MS_MAX = 80
/** At a time: about 0.1 ms of system calls. */
const LOOKS_MAX = 128
/** The kernel gives up its SYN+ACK later; what was written is lost with the connection. */
const HANDSHAKE_MS_MAX = 60_000
