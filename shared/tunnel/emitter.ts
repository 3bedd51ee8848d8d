/**
 * One packet on a set of legs: the lead in front of it, and a frame on each; two where one is too small for what
 * IPv6 promises (halves.ts).
 */
import type { Pinned } from '../linux/pinned.ts'
import {
  DATA_LEAD_BYTES,
  DataFlag,
  type DataLead,
  FrameType,
  writeDataLead,
} from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import type { Frames } from './frames.ts'
import type { TunnelLeg } from './leg.ts'
import type { Legs } from './legs.ts'

export class Emitter {
  /** Filled in by whoever emits; Send Time is written frame by frame. */
  readonly lead: DataLead = { sentUs: 0, flow: 0, legs: 0, flags: 0, sequence: 0 }
  /** Frames of packets that went by another leg too. */
  copies = 0
  /** Frames that found no place in the batch, or no key. */
  unsent = 0
  readonly #frames: Frames
  readonly #legs: Legs
  readonly #covered = new Uint8Array(DATA_LEAD_BYTES)
  readonly #manner = { trafficClass: 0, answered: true }

  constructor(frames: Frames, legs: Legs) {
    this.#frames = frames
    this.#legs = legs
  }

  /** `set` has the places in the list of legs. */
  emit(
    set: number,
    packet: Pinned,
    at: number,
    bytes: number,
    trafficClass: number,
    nowUs: number,
    batch: LegBatch,
  ): void {
    const leadAt = at - DATA_LEAD_BYTES
    writeDataLead(packet.bytes, leadAt, this.lead)
    this.#manner.trafficClass = trafficClass
    let frames = 0
    const { list } = this.#legs
    for (let i = 0; i < list.length; i++) {
      const leg = list[i]!
      const { far } = leg
      if ((set & (1 << i)) === 0 || far === undefined) continue
      leg.busyUs = nowUs
      if (bytes > LONG_BYTES) leg.longUs = nowUs
      const isWhole = bytes <= leg.packetBytesMax
      const isSent = isWhole
        ? this.#write(leg, far, packet, leadAt, bytes, nowUs, batch)
        : this.#writeHalves(leg, far, packet, at, bytes, nowUs, batch)
      if (isSent) frames += 1
      else this.unsent += 1
    }
    if (frames > 1) this.copies += frames - 1
  }

  #write(
    leg: TunnelLeg,
    far: Uint8Array,
    packet: Pinned,
    leadAt: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    return this.#frames.write(
      FrameType.data,
      leg,
      far,
      packet,
      leadAt,
      DATA_LEAD_BYTES + bytes,
      this.#manner,
      nowUs,
      batch,
    )
  }

  /** What stands before the second half is its lead while that is sealed. */
  #writeHalves(
    leg: TunnelLeg,
    far: Uint8Array,
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    const { lead } = this
    const first = Math.ceil(bytes / 2)
    const firstAt = at - DATA_LEAD_BYTES
    const secondAt = firstAt + first
    lead.flags |= DataFlag.half
    writeDataLead(packet.bytes, firstAt, lead)
    const isSent = this.#write(leg, far, packet, firstAt, first, nowUs, batch)
    for (let i = 0; i < DATA_LEAD_BYTES; i++) this.#covered[i] = packet.bytes[secondAt + i]!
    writeDataLead(packet.bytes, secondAt, lead)
    const isWhole = isSent && this.#write(leg, far, packet, secondAt, bytes - first, nowUs, batch)
    packet.bytes.set(this.#covered, secondAt)
    // Another leg may carry it in one.
    lead.flags &= ~DataFlag.half
    writeDataLead(packet.bytes, firstAt, lead)
    return isWhole
  }
}

/** A packet longer than the shortest leg's may be what vanishes when a path shrinks. */
const LONG_BYTES = 1_150
