/**
 * Frames become packets: is it ours, is it new, is it next.
 *
 *     datagram ──▶ head ──▶ key, window ──▶ open ──▶ control ──▶ questions, reports
 *                   │          │             │
 *                 alien    foreign,        forged        data ──▶ flow order ──now──▶ TUN
 *                          replayed                                   │ hold          ▲
 *                                                                     ▼               │ the gap closes,
 *                                                                 packet store ───────┘ or is given up
 *
 * Whatever comes from the network is judged and counted, and never throws. Nothing is remembered of a frame
 * before it was opened.
 */
import { FLOWS } from '../core/datagram-flows.ts'
import { FlowOrder, Order } from '../core/flow-order.ts'
import { LegClocks } from '../core/leg-clocks.ts'
import type { Manner } from '../core/manner.ts'
import type { Pinned } from '../linux/pinned.ts'
import { Ecn, ecnAtEgress, setEcn } from '../wire/ecn.ts'
import {
  DATA_LEAD_BYTES,
  DataFlag,
  type DataLead,
  HEAD_BYTES,
  MANNER_MASK,
  MANNER_SHIFT,
  numberAt,
  readDataLead,
  TAG_BYTES,
} from '../wire/tunnel.ts'
import { PACKET_HEADROOM_BYTES, type PacketOut } from './batch.ts'
import { Halves } from './halves.ts'
import type { TunnelLeg } from './leg.ts'
import type { PacketStore } from './packet-store.ts'

export interface ReceiveCounts {
  packets: number
  bytes: number
  /** Of these, after a later one of their flow. */
  late: number
  duplicate: number
  /** Waited for an earlier one. */
  held: number
  /** Congestion Experienced on a packet whose sender does not know ECN (RFC 6040). */
  notEct: number
}

export function noReceiveCounts(): ReceiveCounts {
  return { packets: 0, bytes: 0, late: 0, duplicate: 0, held: 0, notEct: 0 }
}

export class Receiver implements Disposable {
  readonly counts: ReceiveCounts
  readonly clocks = new LegClocks()
  /**
   * Congestion Experienced on the frame taken last, and so on its leg: what came into the tunnel with the mark has it
   * from elsewhere (RFC 6040 appendix C).
   */
  lastMarked = false
  readonly #store: PacketStore
  readonly #holdUsMax: number
  readonly #lead: DataLead = { sentUs: 0, flow: 0, legs: 0, flags: 0, sequence: 0 }
  /** By leg: those that carry less than IPv6 promises. */
  readonly #halves: Array<Halves | undefined> = []
  readonly #flows = new Map<number, FlowOrder>()
  /** Those that hold something. */
  readonly #waiting: FlowOrder[] = []
  #tidyUs = 0

  constructor(store: PacketStore, holdUsMax: number, counts = noReceiveCounts()) {
    this.counts = counts
    this.#store = store
    this.#holdUsMax = holdUsMax
  }

  /** Send Time of the data frame taken last. */
  get lastSentUs(): number {
    return this.#lead.sentUs
  }

  get lastFlow(): number {
    return this.#lead.flow % FLOWS
  }

  get lastManner(): Manner {
    return (this.#lead.flags >> MANNER_SHIFT) & MANNER_MASK
  }

  /** An opened data frame of `leg`, whose outer header had this traffic class. */
  take(
    leg: TunnelLeg,
    frame: Pinned,
    at: number,
    bytes: number,
    trafficClass: number,
    nowUs: number,
    out: PacketOut,
  ): void {
    const lead = this.#lead
    readDataLead(frame.bytes, at + HEAD_BYTES, lead)
    let packetAt = at + HEAD_BYTES + DATA_LEAD_BYTES
    let packetBytes = bytes - HEAD_BYTES - DATA_LEAD_BYTES - TAG_BYTES
    this.clocks.observe(leg.number - 1, lead.sentUs, nowUs)
    this.lastMarked = isMarked(trafficClass, frame.bytes, packetAt)
    if ((lead.flags & DataFlag.half) !== 0) {
      const halves = this.#halves[leg.number] ?? new Halves()
      this.#halves[leg.number] = halves
      packetBytes = halves.join(frame, packetAt, packetBytes, numberAt(frame.bytes, at), lead)
      if (packetBytes === 0) return
      frame = halves.memory
      packetAt = PACKET_HEADROOM_BYTES
      this.lastMarked = isMarked(trafficClass, frame.bytes, packetAt)
    }
    const flow = this.#flowOf(lead.flow, nowUs)
    let order = flow.judge(lead.sequence, (lead.flags & DataFlag.ordered) !== 0)
    if (order === Order.full) {
      this.#drain(flow, NEVER_US, out)
      order = flow.judge(lead.sequence, true)
    }
    if (order === Order.duplicate) {
      this.counts.duplicate += 1
      return
    }
    if (order === Order.hold) {
      if (this.#hold(flow, frame, packetAt, packetBytes, trafficClass, nowUs)) {
        this.#drain(flow, NEVER_US, out)
        return
      }
      // The store is full: nobody waits.
      flow.judge(lead.sequence, false)
      this.#drain(flow, NEVER_US, out)
    }
    if (order === Order.late) this.counts.late += 1
    this.#deliver(
      frame,
      packetAt,
      packetBytes,
      trafficClass,
      lead.flags & DataFlag.goodChecksum,
      out,
    )
    if (flow.held > 0) this.#drain(flow, NEVER_US, out)
  }

  /** Give up what has waited enough; when to come again. */
  tick(nowUs: number, out: PacketOut): number {
    let nextUs = Infinity
    for (let i = this.#waiting.length - 1; i >= 0; i--) {
      const flow = this.#waiting[i]!
      this.#drain(flow, nowUs, out)
      if (flow.held > 0) nextUs = Math.min(nextUs, flow.untilUs())
    }
    if (nowUs >= this.#tidyUs) {
      this.#tidyUs = nowUs + TIDY_US
      for (const [number, flow] of this.#flows) {
        if (flow.held === 0 && nowUs - flow.lastUs > FORGET_US) this.#flows.delete(number)
      }
    }
    return nextUs
  }

  /** The far end has started anew: its numbers and its clock too. */
  forgetFar(nowUs: number, out: PacketOut): void {
    this.clocks.forget()
    for (const flow of this.#flows.values()) {
      flow.giveUp()
      this.#drain(flow, nowUs, out)
    }
    this.#flows.clear()
  }

  [Symbol.dispose](): void {
    for (const flow of this.#waiting) {
      flow.giveUp()
      for (let slot = flow.ready(this.clocks, 0); slot >= 0; slot = flow.ready(this.clocks, 0)) {
        this.#store.free(slot)
      }
    }
    this.#waiting.length = 0
    this.#flows.clear()
  }

  #flowOf(said: number, nowUs: number): FlowOrder {
    // No sender of ours has more; one that says so gets no more memory for it.
    const number = said % FLOWS
    const known = this.#flows.get(number)
    // Whoever has the number now may have begun it anew.
    if (known !== undefined && nowUs - known.lastUs <= FORGET_US) {
      known.lastUs = nowUs
      return known
    }
    const fresh = new FlowOrder()
    fresh.lastUs = nowUs
    this.#flows.set(number, fresh)
    return fresh
  }

  #hold(
    flow: FlowOrder,
    frame: Pinned,
    at: number,
    bytes: number,
    trafficClass: number,
    nowUs: number,
  ): boolean {
    const slot = this.#store.put(frame, at, bytes, nowUs)
    if (slot < 0) return false
    this.#store.trafficClass[slot] = trafficClass
    const { sequence, sentUs, legs, flags } = this.#lead
    this.#store.checksum[slot] = flags & DataFlag.goodChecksum
    const restUs = this.clocks.restUs(legs, sentUs, nowUs) + MARGIN_US
    flow.hold(sequence, slot, sentUs, legs, nowUs + Math.min(restUs, this.#holdUsMax))
    if (flow.held === 1) this.#waiting.push(flow)
    this.counts.held += 1
    return true
  }

  /** Deliver what may leave the flow now. */
  #drain(flow: FlowOrder, nowUs: number, out: PacketOut): void {
    if (flow.held === 0) {
      flow.ready(this.clocks, nowUs)
      return
    }
    for (let slot = flow.ready(this.clocks, nowUs); slot >= 0; ) {
      const { memory, trafficClass, checksum } = this.#store
      const bytes = this.#store.bytesOf(slot)
      const at = this.#store.at(slot)
      this.#deliver(memory, at, bytes, trafficClass[slot]!, checksum[slot]!, out)
      this.#store.free(slot)
      slot = flow.ready(this.clocks, nowUs)
    }
    if (flow.held > 0) return
    const at = this.#waiting.indexOf(flow)
    this.#waiting[at] = this.#waiting.at(-1)!
    this.#waiting.pop()
  }

  #deliver(
    memory: Pinned,
    at: number,
    bytes: number,
    trafficClass: number,
    checksum: number,
    out: PacketOut,
  ): void {
    const outer = trafficClass & 3
    if (outer !== Ecn.notEct) {
      const inner = ecnOf(memory.bytes, at)
      const ecn = ecnAtEgress(inner, outer)
      if (ecn < 0) {
        this.counts.notEct += 1
        return
      }
      if (ecn !== inner) setEcn(memory.bytes, at, ecn)
    }
    this.counts.packets += 1
    this.counts.bytes += bytes
    out(memory, at, bytes, checksum)
  }
}

function isMarked(trafficClass: number, packet: Uint8Array, at: number): boolean {
  return (trafficClass & 3) === Ecn.ce && ecnOf(packet, at) !== Ecn.ce
}

function ecnOf(packet: Uint8Array, at: number): number {
  return packet[at]! >> 4 === 6 ? (packet[at + 1]! >> 4) & 3 : packet[at + 1]! & 3
}

/** Time is up in `tick` alone: when the thread was away, what is missed may lie unread in another leg's socket. */
const NEVER_US = -Infinity
/** What a leg's delay may grow by between two packets. */
const MARGIN_US = 4_000
/** Before the sender gives the number to another flow (datagram-flows.ts). */
const FORGET_US = 20_000_000
const TIDY_US = 5_000_000
