/**
 * Saying no in Convert's own words, and leaving so that the words arrive.
 */
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import { type ConvertFailure, errorReply } from '../../shared/wire/convert-failure.ts'
import { COUNT, type StreetRoom } from './room.ts'
import type { Seat } from './seat.ts'

/** A home's connection: its descriptor, and what it counts for. */
export interface Visitor {
  readonly fd: number
  readonly seat: Seat
}

/** Answer with an Error TLV and close. */
export function refuse(room: StreetRoom, visitor: Visitor, failure: ConvertFailure): void {
  refuseWith(room, visitor, errorReply(failure))
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
//# If not, the
//# Transport Converter MUST return an Error TLV (Section 6.2.8) and then
//# close the connection.
//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
//# The
//# Transport Converter MUST NOT send an RST immediately after the
//# detection of an error to let the Error TLV reach the Client.
export function refuseWith(room: StreetRoom, visitor: Visitor, answer: Uint8Array): void {
  const { fd, seat } = visitor
  room.count[COUNT.refused]!++
  seat.settled()
  seat.unpool()
  if (!seat.mayHearNo()) {
    // No Error TLV is on its way, so there is none that a reset could overtake.
    room.count[COUNT.refusedSilently]!++
    room.loop.unwatch(fd)
    seat.leave()
    return resetAndClose(fd)
  }
  libc.sendHead(fd, answer, answer.length)
  leaveSlowly(room, visitor, LINGER_MS)
}

/** Say that nothing follows, and close when the peer has closed, or after `waitMs`. */
export function leaveSlowly(room: StreetRoom, visitor: Visitor, waitMs: number): void {
  libc.shutdownWrite(visitor.fd)
  new Leaving(room, visitor).begin(waitMs)
}

/** Reads and forgets: unread bytes at close would make the kernel send a reset before the answer. */
class Leaving implements Watcher {
  readonly #room: StreetRoom
  readonly #fd: number
  readonly #seat: Seat
  readonly #deadline = new Deadline(() => this.#close())

  constructor(room: StreetRoom, { fd, seat }: Visitor) {
    this.#room = room
    this.#fd = fd
    this.#seat = seat
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
    this.#seat.leave()
    libc.close(this.#fd)
  }
}

/** What a refused client may still send before we stop listening. */
const DRAIN_BYTES_MAX = 1_048_576
const LINGER_MS = 2_000
