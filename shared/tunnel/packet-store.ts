/**
 * Places for packets that must wait: for a leg with room, for an earlier packet of their flow, for the word
 * that they have arrived. One store a thread; when it is full, nobody waits.
 *
 * What is to be remembered with a packet stands in columns, by slot.
 */
import { copy } from '../linux/libc.ts'
import { type Pinned, pinned } from '../linux/pinned.ts'
import { FRAME_BYTES_MAX, PACKET_BYTES_MAX, PACKET_HEADROOM_BYTES } from './batch.ts'

export class PacketStore {
  readonly memory: Pinned
  readonly flow: Uint16Array
  readonly sequence: Uint32Array
  /** Of the outer header: received, or to be sent. */
  readonly trafficClass: Uint8Array
  /** The transport's checksum is good (DataFlag), or 0. */
  readonly checksum: Uint8Array
  /** The sender's: how the packet's flow is spread, or the leg that it went by. */
  readonly note: Uint8Array
  readonly sinceUs: Float64Array
  readonly #lengths: Uint16Array
  readonly #free: Int32Array
  #freeCount: number

  constructor(packets: number) {
    this.memory = pinned(packets * FRAME_BYTES_MAX)
    this.flow = new Uint16Array(packets)
    this.sequence = new Uint32Array(packets)
    this.trafficClass = new Uint8Array(packets)
    this.checksum = new Uint8Array(packets)
    this.note = new Uint8Array(packets)
    this.sinceUs = new Float64Array(packets)
    this.#lengths = new Uint16Array(packets)
    this.#free = Int32Array.from({ length: packets }, (_, slot) => slot)
    this.#freeCount = packets
  }

  /** A slot with a copy of the packet; -1 when all are taken, or it is longer than one. */
  put(from: Pinned, at: number, bytes: number, nowUs: number): number {
    if (this.#freeCount === 0 || bytes > PACKET_BYTES_MAX) return -1
    const slot = this.#free[--this.#freeCount]!
    copy(this.memory.address + this.at(slot), from.address + at, bytes)
    this.#lengths[slot] = bytes
    this.sinceUs[slot] = nowUs
    return slot
  }

  /** Where the packet stands, with PACKET_HEADROOM_BYTES before it. */
  at(slot: number): number {
    return slot * FRAME_BYTES_MAX + PACKET_HEADROOM_BYTES
  }

  bytesOf(slot: number): number {
    return this.#lengths[slot]!
  }

  free(slot: number): void {
    this.#free[this.#freeCount++] = slot
  }

  get freePackets(): number {
    return this.#freeCount
  }
}
