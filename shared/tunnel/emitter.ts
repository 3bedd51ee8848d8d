/**
 * One packet on a set of legs: the lead in front of it, and a frame on each.
 */
import type { Pinned } from '../linux/pinned.ts'
import { DATA_LEAD_BYTES, type DataLead, FrameType, writeDataLead } from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import type { Frames } from './frames.ts'
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
      const inside = DATA_LEAD_BYTES + bytes
      const manner = this.#manner
      const isSent = this.#frames.write(
        FrameType.data,
        leg,
        far,
        packet,
        leadAt,
        inside,
        manner,
        nowUs,
        batch,
      )
      if (isSent) frames += 1
      else this.unsent += 1
    }
    if (frames > 1) this.copies += frames - 1
  }
}

/** A packet longer than the shortest leg's may be what vanishes when a path shrinks. */
const LONG_BYTES = 1_150
