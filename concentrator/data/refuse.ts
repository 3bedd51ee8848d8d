/**
 * Saying no in Convert's own words, and leaving so that the words arrive.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import { type ConvertFailure, errorReply } from '../../shared/wire/convert-failure.ts'
import { COUNT, type StreetRoom } from './room.ts'

/** Answer with an Error TLV and close. */
export function refuse(room: StreetRoom, fd: number, failure: ConvertFailure): void {
  refuseWith(room, fd, errorReply(failure))
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
//# If not, the
//# Transport Converter MUST return an Error TLV (Section 6.2.8) and then
//# close the connection.
//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
//# The
//# Transport Converter MUST NOT send an RST immediately after the
//# detection of an error to let the Error TLV reach the Client.
export function refuseWith(room: StreetRoom, fd: number, answer: Uint8Array): void {
  room.count[COUNT.refused]!++
  libc.sendHead(fd, answer, answer.length)
  leaveSlowly(room, fd, LINGER_MS)
}

/** Say that nothing follows, and close when the peer has closed, or after `waitMs`. */
export function leaveSlowly(room: StreetRoom, fd: number, waitMs: number): void {
  libc.shutdownWrite(fd)
  new Leaving(room, fd).begin(waitMs)
}

/** Reads and forgets: unread bytes at close would make the kernel send a reset before the answer. */
class Leaving implements Watcher {
  readonly #room: StreetRoom
  readonly #fd: number
  readonly #deadline = new Deadline(() => this.#close())

  constructor(room: StreetRoom, fd: number) {
    this.#room = room
    this.#fd = fd
  }

  begin(waitMs: number): void {
    this.#room.loop.handOver(this.#fd, this)
    this.#room.loop.arm(this.#deadline, waitMs)
    this.#drain()
  }

  onReady(): void {
    this.#drain()
  }

  onTurn(): void {}

  #drain(): void {
    for (let bytes = 0; bytes < DRAIN_BYTES_MAX; ) {
      const got = libc.recvHead(this.#fd, this.#room.scratch, this.#room.scratch.length)
      if (got === -EAGAIN) return
      if (got <= 0) return this.#close()
      bytes += got
    }
    // Somebody keeps talking to a closed door.
    this.#close()
  }

  #close(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.loop.unwatch(this.#fd)
    libc.close(this.#fd)
  }
}

/** What a refused client may still send before we stop listening. */
const DRAIN_BYTES_MAX = 1_048_576
const LINGER_MS = 2_000
