/**
 * Packets that came in two frames, for their leg carries less than IPv6 promises to every host: the link must then
 * cut and join below IP (RFC 8200 section 5). Both halves go by one leg, one right behind the other, with the same
 * lead; when one is lost, so is the packet.
 *
 *     half, number n        waits
 *     half, number n + 1    of the same flow and sequence: both are a packet
 *     anything else         what waits is given up
 */
import { type Pinned, pinned } from '../linux/pinned.ts'
import type { DataLead } from '../wire/tunnel.ts'
import { PACKET_BYTES_MAX, PACKET_HEADROOM_BYTES } from './batch.ts'
import { PACKET_BYTES_MIN } from './leg.ts'

/** What a leg must carry for this packet: one of IPv4 that may be cut goes in halves by any. */
export function leastBytes({ bytes: memory }: Pinned, at: number, bytes: number): number {
  const mayBeCut = memory[at]! >> 4 === 4 && (memory[at + 6]! & DONT_FRAGMENT) === 0
  return mayBeCut ? Math.min(bytes, PACKET_BYTES_MIN) : bytes
}

export class Halves {
  /** The packet that `join` has answered, behind PACKET_HEADROOM_BYTES. */
  readonly memory: Pinned
  #bytes = 0
  #number = 0
  #flow = 0
  #sequence = 0

  constructor() {
    this.memory = pinned(PACKET_HEADROOM_BYTES + PACKET_BYTES_MAX)
  }

  /** The half that stands in `frame`, whose frame has this number on its leg: the bytes of the whole, or 0. */
  join(
    frame: Pinned,
    at: number,
    bytes: number,
    number: number,
    { flow, sequence }: Readonly<DataLead>,
  ): number {
    const first = this.#bytes
    const isSecond =
      first > 0 &&
      number === this.#number + 1 &&
      flow === this.#flow &&
      sequence === this.#sequence &&
      first + bytes <= PACKET_BYTES_MAX
    this.#bytes = 0
    if (bytes > PACKET_BYTES_MAX) return 0
    const into = PACKET_HEADROOM_BYTES + (isSecond ? first : 0)
    this.memory.bytes.set(frame.bytes.subarray(at, at + bytes), into)
    this.#bytes = isSecond ? 0 : bytes
    this.#number = number
    this.#flow = flow
    this.#sequence = sequence
    return isSecond ? first + bytes : 0
  }
}

/** A flag in byte 6 of an IPv4 header (RFC 791 section 3.1). */
const DONT_FRAGMENT = 0x40
