/**
 * The last step out: a frame gets its head and number, is sealed, and stands in the batch.
 */
import { type Pinned, pinned } from '../linux/pinned.ts'
import { type ControlLead, writeControlLead } from '../wire/control.ts'
import { FrameType, writeHead, writeUint32 } from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import type { KeyRing } from './key-ring.ts'
import type { TunnelLeg } from './leg.ts'

/** Kept by the caller, so that none is made for a frame. */
export interface FrameManner {
  /** The byte of the outer header. */
  trafficClass: number
  readonly answered: boolean
}

export class Frames {
  readonly #ring: KeyRing
  readonly #head: {
    type: FrameType
    keyId: number
    readonly sessionId: Uint8Array
    leg: number
    number: number
  }
  #stampUs = 0

  constructor(sessionId: Uint8Array, ring: KeyRing) {
    this.#ring = ring
    this.#head = { type: FrameType.data, keyId: 0, sessionId, leg: 0, number: 0 }
  }

  /**
   * Seal what stands in `source` from `at` on, Send Time first, to `to` by this leg. `answered`: the far end
   * will report or answer it. False: no room in the batch, or no key.
   */
  write(
    type: FrameType,
    leg: TunnelLeg,
    to: Uint8Array,
    source: Pinned,
    at: number,
    bytes: number,
    { trafficClass, answered }: FrameManner,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    const key = this.#ring.current
    if (key === undefined) return false
    const place = batch.place(leg.number)
    if (place < 0) return false
    const number = key.nextNumber(leg.number)
    if (number < 0) return false
    const stamp = this.#stamp(nowUs)
    writeUint32(source.bytes, at, stamp)
    const head = this.#head
    head.type = type
    head.keyId = key.id
    head.leg = leg.number
    head.number = number
    writeHead(batch.memory.bytes, place, head)
    const length = key.seals.seal(batch.memory, place, source, at, bytes)
    leg.spend(length + leg.outerBytes, nowUs)
    if (answered) leg.expect(stamp, nowUs)
    batch.commit(leg.number, length, trafficClass, to)
    return true
  }

  /** The same of a control frame: `bytes` with its lead, and behind the lead stands in SCRATCH what it says. */
  writeControl(
    lead: Readonly<ControlLead>,
    leg: TunnelLeg,
    to: Uint8Array,
    bytes: number,
    manner: FrameManner,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    writeControlLead(SCRATCH.bytes, 0, lead)
    return this.write(FrameType.control, leg, to, SCRATCH, 0, bytes, manner, nowUs, batch)
  }

  /** The Send Time of the next frame: now, or a microsecond more than the last. */
  #stamp(nowUs: number): number {
    this.#stampUs = Math.max(this.#stampUs + 1, Math.floor(nowUs))
    return this.#stampUs % TWO_TO_THE_32
  }
}

/** What is not data goes as internetwork control (CS6): before bulk in a shaper, and not ECN-capable. */
export const CONTROL_CLASS = 48 << 2
/** A question that tells whether a leg lives, and all other control frames, which do not. */
export const ASKED: FrameManner = { trafficClass: CONTROL_CLASS, answered: true }
export const ASIDE: FrameManner = { trafficClass: CONTROL_CLASS, answered: false }

/** Where control frames are written before they are sealed; one a thread, for they are sealed at once. */
export const SCRATCH: Pinned = pinned(2_048)

const TWO_TO_THE_32 = 4_294_967_296
