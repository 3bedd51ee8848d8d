/**
 * Saying no in Convert's own words, and leaving so that the words arrive.
 */
import { errorCounter } from '../../shared/core/error-counters.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { EAGAIN } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'
import type { Watcher } from '../../shared/relay/loop.ts'
import type { ConvertError } from '../../shared/wire/convert-error.ts'
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
  refuseWith(room, visitor, failure.code, errorReply(failure))
}

//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
//# If not, the
//# Transport Converter MUST return an Error TLV (Section 6.2.8) and then
//# close the connection.
//= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
//# The
//# Transport Converter MUST NOT send an RST immediately after the
//# detection of an error to let the Error TLV reach the Client.
export function refuseWith(
  room: StreetRoom,
  visitor: Visitor,
  code: ConvertError,
  answer: Uint8Array,
): void {
  const { seat } = visitor
  seat.settled()
  seat.unpool()
  if (!seat.mayHearNo()) return ignore(room, visitor)
  room.count[COUNT.refused]!++
  room.count[COUNT[errorCounter(code)]]!++
  sayLast(room, visitor, answer, LINGER_MS)
}

/** Reset without a word. No Error TLV is on its way, so there is none that the reset could overtake. */
export function ignore(room: StreetRoom, { fd, seat }: Visitor): void {
  room.count[COUNT.refused]!++
  room.count[COUNT.refusedSilently]!++
  room.loop.unwatch(fd)
  seat.leave()
  resetAndClose(fd)
}

/** Nothing follows this answer: close when the peer has closed, or after `waitMs`. */
export function sayLast(
  room: StreetRoom,
  visitor: Visitor,
  answer: Uint8Array,
  waitMs: number,
): void {
  libc.sendHead(visitor.fd, answer, answer.length)
  libc.shutdownWrite(visitor.fd)
  new Leaving(room, visitor).begin(waitMs)
}

/**
 * Reads and forgets: unread bytes at close would make the kernel send a reset before the answer. A stranger's
 * still takes a place of its source, and gives it up to a newcomer when there is no other.
 */
class Leaving implements Watcher {
  readonly #room: StreetRoom
  readonly #fd: number
  readonly #seat: Seat
  readonly #close = () => this.#leave()
  readonly #deadline = new Deadline(this.#close)

  constructor(room: StreetRoom, { fd, seat }: Visitor) {
    this.#room = room
    this.#fd = fd
    this.#seat = seat
  }

  begin(waitMs: number): void {
    this.#room.loop.handOver(this.#fd, this)
    this.#room.loop.arm(this.#deadline, waitMs)
    if (this.#seat.isWaiting) this.#room.silent.add(this.#seat.source, this.#close)
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

  #leave(): void {
    this.#room.loop.disarm(this.#deadline)
    this.#room.silent.remove(this.#seat.source, this.#close)
    this.#room.loop.unwatch(this.#fd)
    this.#seat.leave()
    libc.close(this.#fd)
  }
}

/** What a refused client may still send before we stop listening. */
const DRAIN_BYTES_MAX = 1_048_576
/** How long who was refused may take to close. */
export const LINGER_MS = 2_000
