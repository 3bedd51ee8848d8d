/**
 * Packets become frames: whose packet it is, which legs carry it, and what happens when none has room.
 *
 *               sparse ──▶ the best leg (sparse.ts)
 *     packet ──┤
 *               bulk ────▶ the scheduler of its class ──▶ a leg with room
 *                                    │ none
 *                                    ▼
 *                                  queue, short (send-queue.ts) ──▶ sent by `tick`, or dropped
 */
import { DatagramFlows, FlowKind } from '../core/datagram-flows.ts'
import {
  blest,
  cheapestFirst,
  ecf,
  lowestRtt,
  NO_PATH,
  redundant,
  type Scheduler,
  type SchedulerMemory,
  schedulerMemory,
  weighted,
} from '../core/datagram-scheduler.ts'
import type { Pinned } from '../linux/pinned.ts'
import { type FlowFacts, readFlow } from '../wire/flow-facts.ts'
import { DataFlag, FRAME_OVERHEAD_BYTES } from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import { Emitter } from './emitter.ts'
import type { Frames } from './frames.ts'
import { Fit, type Legs } from './legs.ts'
import type { PacketStore } from './packet-store.ts'
import { SendQueue } from './send-queue.ts'
import { type PacketNote, SparsePackets } from './sparse.ts'

/** How the packets of a bulk flow are spread over the legs. */
const SPREADINGS = {
  'cheapest-first': cheapestFirst,
  'lowest-rtt': lowestRtt,
  weighted,
  redundant,
  blest,
  ecf,
} as const satisfies Record<string, Scheduler>
export type Spreading = keyof typeof SPREADINGS

/** Asked once at the first packet of a flow. */
export type SpreadingOf = (packet: Uint8Array, at: number, bytes: number) => Spreading

/** What became of a packet. */
export const Sent = {
  sent: 0,
  /** Waits for room on a leg; `tick` sends it. */
  queued: 1,
  /** No room, and too many wait. */
  dropped: 2,
  /** Longer than any usable leg carries: answer with ICMP. */
  tooBig: 3,
  /** No keys yet, or no leg may carry: forward it without us. */
  noWay: 4,
  /** Not an IP packet. */
  alien: 5,
} as const
export type Sent = (typeof Sent)[keyof typeof Sent]

export class Sender implements Disposable {
  packets = 0
  bytes = 0
  /** Given up because they had waited too long, or too many did. */
  late = 0
  /** When bulk last passed. */
  bulkUs = -Infinity
  readonly emitter: Emitter
  readonly #legs: Legs
  readonly #store: PacketStore
  readonly #spreadingOf: SpreadingOf
  readonly #sparse: SparsePackets
  readonly #memory: SchedulerMemory = schedulerMemory()
  readonly #facts: FlowFacts = { hash: 0, version: 4, trafficClass: 0 }
  readonly #note: PacketNote = { flow: 0, sequence: 0, trafficClass: 0, checksum: 0 }
  #flows: DatagramFlows | undefined
  #queue: SendQueue | undefined

  constructor(frames: Frames, legs: Legs, store: PacketStore, spreadingOf: SpreadingOf) {
    this.emitter = new Emitter(frames, legs)
    this.#legs = legs
    this.#store = store
    this.#spreadingOf = spreadingOf
    this.#sparse = new SparsePackets(legs, this.emitter, store)
  }

  send(
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
    checksum = 0,
  ): Sent {
    const facts = this.#facts
    if (!readFlow(packet.bytes, at, bytes, facts)) return Sent.alien
    const fit = this.#legs.paint(bytes, nowUs)
    if (fit !== Fit.some) return fit === Fit.none ? Sent.noWay : Sent.tooBig

    this.#flows ??= new DatagramFlows()
    const flows = this.#flows
    const flow = flows.find(facts.hash, nowUs)
    const kind = flows.observe(flow, bytes, facts.trafficClass >> 2, nowUs)
    if (flows.note[flow] === 0) {
      const spreading = this.#spreadingOf(packet.bytes, at, bytes)
      flows.note[flow] = 1 + SPREADING_NAMES.indexOf(spreading)
    }
    this.packets += 1
    this.bytes += bytes
    const note = this.#note
    note.flow = flow
    note.trafficClass = facts.trafficClass
    note.checksum = checksum
    const spreading = flows.note[flow]! - 1
    if (kind === FlowKind.sparse && spreading !== REDUNDANT) {
      return this.#sendSparse(flows, packet, at, bytes, nowUs, batch)
    }
    this.bulkUs = nowUs
    const isFirst = this.#queue === undefined || this.#queue.packets === 0
    if (isFirst && this.#sendBulk(flows, spreading, packet, at, bytes, nowUs, batch)) {
      return Sent.sent
    }
    return this.#enqueue(spreading, packet, at, bytes, nowUs)
  }

  /** Send what waits and may go now, once more what may be lost; when to come again. */
  tick(nowUs: number, batch: LegBatch): number {
    const flows = this.#flows
    if (flows === undefined) return Infinity
    const lookUs = this.#sparse.tick(nowUs, batch)
    const queue = this.#queue
    if (queue === undefined || queue.packets === 0) {
      if (flows.isIdle(nowUs)) this.#rest()
      return lookUs
    }
    this.late += queue.dropOld(nowUs)
    while (queue.packets > 0) {
      const slot = queue.first
      const bytes = this.#store.bytesOf(slot)
      // What fits nowhere any more, because a leg has gone or has shrunk, is given up.
      if (this.#legs.paint(bytes, nowUs) === Fit.some) {
        const { memory, flow, note, trafficClass, checksum } = this.#store
        this.#note.flow = flow[slot]!
        this.#note.trafficClass = trafficClass[slot]!
        this.#note.checksum = checksum[slot]!
        const at = this.#store.at(slot)
        if (!this.#sendBulk(flows, note[slot]!, memory, at, bytes, nowUs, batch)) break
      }
      queue.shift()
    }
    return queue.packets === 0 ? lookUs : Math.min(lookUs, nowUs + DRAIN_US)
  }

  [Symbol.dispose](): void {
    while (this.#queue !== undefined && this.#queue.packets > 0) this.#queue.shift()
    this.#rest()
  }

  #sendSparse(
    flows: DatagramFlows,
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): Sent {
    const set = this.#sparse.choose(nowUs)
    if (set === 0) return Sent.noWay
    const note = this.#note
    note.sequence = flows.nextSequence(note.flow)
    this.#emit(flows, set, 0, packet, at, bytes, nowUs, batch)
    this.#sparse.remember(set, packet, at, bytes, note, nowUs)
    return Sent.sent
  }

  /** The packet of `#note`. False: no leg has room now. */
  #sendBulk(
    flows: DatagramFlows,
    spreading: number,
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    const wire = bytes + FRAME_OVERHEAD_BYTES
    const queued = wire + (this.#queue?.bytes ?? 0)
    const set = SCHEDULERS[spreading]!(this.#legs.paths, wire, queued, this.#memory)
    // Whoever has no room now would be fed more, if it carried more.
    for (const leg of this.#legs.list) if (leg.path.roomBytes < wire) leg.rate.starve()
    if (set === NO_PATH) return false
    this.#note.sequence = flows.nextSequence(this.#note.flow)
    this.#emit(flows, set, DataFlag.ordered, packet, at, bytes, nowUs, batch)
    return true
  }

  /** The packet of `#note`, on these legs. */
  #emit(
    flows: DatagramFlows,
    set: number,
    flags: number,
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): void {
    const { flow, sequence, trafficClass, checksum } = this.#note
    const { lead } = this.emitter
    lead.flow = flow
    lead.sequence = sequence
    lead.flags = flags | checksum
    lead.legs = flows.usedLegs(flow, this.#legs.wireSet(set), nowUs)
    this.emitter.emit(set, packet, at, bytes, trafficClass, nowUs, batch)
  }

  #enqueue(spreading: number, packet: Pinned, at: number, bytes: number, nowUs: number): Sent {
    this.#queue ??= new SendQueue(this.#store)
    const queue = this.#queue
    this.late += queue.dropOld(nowUs)
    const slot = queue.isFull ? -1 : this.#store.put(packet, at, bytes, nowUs)
    if (slot < 0) {
      this.late += 1
      return Sent.dropped
    }
    this.#store.flow[slot] = this.#note.flow
    this.#store.note[slot] = spreading
    this.#store.trafficClass[slot] = this.#note.trafficClass
    this.#store.checksum[slot] = this.#note.checksum
    queue.push(slot)
    return Sent.queued
  }

  #rest(): void {
    this.#sparse.rest()
    this.#flows = undefined
    this.#queue = undefined
  }
}

const SPREADING_NAMES = Object.keys(SPREADINGS) as Spreading[]
const SCHEDULERS: readonly Scheduler[] = Object.values(SPREADINGS)
const REDUNDANT = SPREADING_NAMES.indexOf('redundant')
/** Tokens come by the microsecond; a system call for less than a millisecond's worth does not pay. */
const DRAIN_US = 1_000
