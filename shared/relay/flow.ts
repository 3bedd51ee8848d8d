/**
 * A relayed connection: two sockets, two directions, one end.
 *
 *            ┌───────── a2b ────────▶
 *   a (LAN,  │                       │  b (uplink,
 *   access)  ◀──────── b2a ──────────┘  server)
 *
 * An end of stream on one side becomes an end of stream on the other (half-close is kept); a reset
 * becomes a reset (RFC 8803 section 4). Both ends over: both sockets closed.
 */

import * as libc from '../linux/libc.ts'
import { resetAndClose, socketError } from '../linux/sockets.ts'
import { FAILED, type Loop, READABLE, type Watcher, WRITABLE } from './loop.ts'
import { type HalfFlow, heldBytes, Pumped, pump } from './pump.ts'
import type { SendQueues } from './send-queue.ts'

/** What all flows of one thread share. */
export interface FlowRoom {
  readonly loop: Loop
  readonly scratch: Uint8Array
  readonly sendQueues: SendQueues
  /** Bytes that wait in this thread's memory for slow readers. */
  heldBytes: number
}

export const SCRATCH_BYTES = 262_144

export class Flow implements Watcher {
  readonly #room: FlowRoom
  readonly a2b: HalfFlow
  readonly b2a: HalfFlow
  readonly #onEnd: (flow: Flow, reset: boolean) => void
  #heldBytes = 0
  #open = true
  #turnAsked = false

  /**
   * The halves are mirror images, and may have carried bytes already. Both descriptors are watched
   * by `room.loop`, and belong to the flow from now on.
   */
  constructor(
    room: FlowRoom,
    a2b: HalfFlow,
    b2a: HalfFlow,
    onEnd: (flow: Flow, reset: boolean) => void,
  ) {
    this.#room = room
    this.a2b = a2b
    this.b2a = b2a
    this.#onEnd = onEnd
  }

  /** Take over both descriptors and move what is already there. */
  begin(): void {
    this.#room.loop.handOver(this.a2b.from, this)
    this.#room.loop.handOver(this.a2b.to, this)
    this.#serve()
  }

  onReady(fd: number, events: number): void {
    const out = fd === this.a2b.from ? this.a2b : this.b2a
    const back = fd === this.a2b.from ? this.b2a : this.a2b
    if ((events & READABLE) !== 0) out.readable = true
    if ((events & WRITABLE) !== 0) back.writable = true
    this.#serve()
    // recv and send name most errors; a reset after both ends of stream shows only here.
    if (this.#open && (events & FAILED) !== 0 && socketError(fd) !== 0) this.reset()
  }

  onTurn(): void {
    this.#turnAsked = false
    if (this.#open) this.#serve()
  }

  /** End both sides with a reset. */
  reset(): void {
    if (!this.#open) return
    this.#leave()
    resetAndClose(this.a2b.from)
    resetAndClose(this.a2b.to)
    this.#onEnd(this, true)
  }

  #serve(): void {
    const { scratch } = this.#room
    const chunkBytes =
      this.#room.heldBytes > HELD_BYTES_MAX ? CHUNK_BYTES_WHEN_FULL : scratch.length
    const out = pump(libc, this.a2b, scratch, chunkBytes)
    const back = out === Pumped.broken ? Pumped.broken : pump(libc, this.b2a, scratch, chunkBytes)
    const held = heldBytes(this.a2b) + heldBytes(this.b2a)
    this.#room.heldBytes += held - this.#heldBytes
    this.#heldBytes = held

    if (out === Pumped.broken || back === Pumped.broken) {
      this.reset()
    } else if (this.a2b.finished && this.b2a.finished) {
      this.#close()
    } else if ((out === Pumped.yielded || back === Pumped.yielded) && !this.#turnAsked) {
      this.#turnAsked = true
      this.#room.loop.soon(this)
    }
  }

  #close(): void {
    this.#leave()
    libc.close(this.a2b.from)
    libc.close(this.a2b.to)
    this.#onEnd(this, false)
  }

  #leave(): void {
    this.#open = false
    this.#room.heldBytes -= this.#heldBytes
    this.#heldBytes = 0
    this.#room.loop.unwatch(this.a2b.from)
    this.#room.loop.unwatch(this.a2b.to)
  }
}

/** A thread that holds more than this for readers who do not read takes smaller bites from then on. */
const HELD_BYTES_MAX = 134_217_728
const CHUNK_BYTES_WHEN_FULL = 16_384
