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
  NO_PATH,
  redundant,
  type SchedulerMemory,
  schedulerMemory,
} from '../core/datagram-scheduler.ts'
import { legsOf, type Manner, type MannerLegs, spreadingOf, UNSAID } from '../core/manner.ts'
import type { Pinned } from '../linux/pinned.ts'
import { type FlowFacts, readFlow } from '../wire/flow-facts.ts'
import { DataFlag, FRAME_OVERHEAD_BYTES, MANNER_SHIFT } from '../wire/tunnel.ts'
import { type LegBatch, PACKET_BYTES_MAX } from './batch.ts'
import { Emitter } from './emitter.ts'
import type { Frames } from './frames.ts'
import { leastBytes } from './halves.ts'
import { Fit, type Legs } from './legs.ts'
import type { PacketStore } from './packet-store.ts'
import { LOWEST_RTT, REDUNDANT, SCHEDULERS } from './schedulers.ts'
import { SendQueue } from './send-queue.ts'
import { type PacketNote, SparsePackets } from './sparse.ts'

/** Asked at the first packet of a flow, and again when another has had its slot meanwhile. */
export type MannerOf = (hash: number, packet: Uint8Array, at: number, bytes: number) => Manner

/** What became of a packet. */
export const Sent = {
  sent: 0,
  /** Waits for room on a leg; `tick` sends it. */
  queued: 1,
  /** No room, and too many wait. */
  dropped: 2,
  /** Longer than any usable leg carries: answer with ICMP. */
  tooBig: 3,
  /** No keys yet, no leg may carry, or it is being found out how much one carries. */
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
  readonly #mannerOf: MannerOf | undefined
  readonly #sparse: SparsePackets
  readonly #memory: SchedulerMemory = schedulerMemory()
  readonly #facts: FlowFacts = { hash: 0, version: 4, trafficClass: 0 }
  readonly #note: PacketNote = { flow: 0, sequence: 0, trafficClass: 0, checksum: 0 }
  #flows: DatagramFlows | undefined
  /** By the legs that a flow may have: what waits for DSL alone holds up nobody else. */
  readonly #queues: Array<SendQueue | undefined> = []

  constructor(frames: Frames, legs: Legs, store: PacketStore, mannerOf: MannerOf | undefined) {
    this.emitter = new Emitter(frames, legs)
    this.#legs = legs
    this.#store = store
    this.#mannerOf = mannerOf
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
    // Whoever has raised the interface's MTU.
    if (bytes > PACKET_BYTES_MAX) return Sent.tooBig
    this.#flows ??= new DatagramFlows()
    const flows = this.#flows
    const flow = flows.find(facts.hash, nowUs)
    if (this.#mannerOf !== undefined && flows.isUnsaid(flow, facts.hash)) {
      flows.say(flow, facts.hash, this.#mannerOf(facts.hash, packet.bytes, at, bytes))
    }
    const manner = flows.manner(flow)
    const fit = this.#legs.paint(leastBytes(packet, at, bytes), legsOf(manner), nowUs)
    if (fit !== Fit.some) return fit === Fit.none ? Sent.noWay : Sent.tooBig

    const kind = flows.observe(flow, bytes, facts.trafficClass >> 2, nowUs)
    this.packets += 1
    this.bytes += bytes
    const note = this.#note
    note.flow = flow
    note.trafficClass = facts.trafficClass
    note.checksum = checksum
    if (kind === FlowKind.sparse) {
      return this.#sendSparse(flows, manner, packet, at, bytes, nowUs, batch)
    }
    this.bulkUs = nowUs
    const waiting = this.#queues[legsOf(manner)]
    const isFirst = waiting === undefined || waiting.packets === 0
    if (isFirst && this.#sendBulk(flows, manner, 0, packet, at, bytes, nowUs, batch)) {
      return Sent.sent
    }
    return this.#enqueue(manner, packet, at, bytes, nowUs)
  }

  /** The home has said in which manner its flow of this number shall be carried. */
  hearManner(flow: number, manner: Manner, nowUs: number): void {
    if (manner === UNSAID) return
    this.#flows ??= new DatagramFlows()
    this.#flows.hear(flow, manner, nowUs)
  }

  /** Ask for the manner of each flow again: the rules are others. */
  askAgain(): void {
    this.#flows?.unsayAll()
  }

  /** Send what waits and may go now, once more what may be lost; when to come again. */
  tick(nowUs: number, batch: LegBatch): number {
    const flows = this.#flows
    if (flows === undefined) return Infinity
    const lookUs = this.#sparse.tick(nowUs, batch)
    let waiting = 0
    for (let legs = 0; legs < this.#queues.length; legs++) {
      const queue = this.#queues[legs]
      if (queue === undefined || queue.packets === 0) continue
      this.#drain(flows, queue, legs as MannerLegs, nowUs, batch)
      waiting += queue.packets
    }
    if (waiting > 0) return Math.min(lookUs, nowUs + DRAIN_US)
    if (flows.isIdle(nowUs)) this.#rest()
    return lookUs
  }

  [Symbol.dispose](): void {
    for (const queue of this.#queues) while (queue !== undefined && queue.packets > 0) queue.shift()
    this.#rest()
  }

  /** One queue, as far as there is room. */
  #drain(
    flows: DatagramFlows,
    queue: SendQueue,
    legs: MannerLegs,
    nowUs: number,
    batch: LegBatch,
  ): void {
    this.late += queue.dropOld(nowUs)
    while (queue.packets > 0) {
      const slot = queue.first
      const bytes = this.#store.bytesOf(slot)
      // What fits nowhere any more, because a leg has gone or has shrunk, is given up.
      const { memory, flow, note, trafficClass, checksum } = this.#store
      const at = this.#store.at(slot)
      if (this.#legs.paint(leastBytes(memory, at, bytes), legs, nowUs) === Fit.some) {
        this.#note.flow = flow[slot]!
        this.#note.trafficClass = trafficClass[slot]!
        this.#note.checksum = checksum[slot]!
        const sent = this.#sendBulk(
          flows,
          note[slot]!,
          queue.bytes,
          memory,
          at,
          bytes,
          nowUs,
          batch,
        )
        if (!sent) return
      }
      queue.shift()
    }
  }

  #sendSparse(
    flows: DatagramFlows,
    manner: Manner,
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): Sent {
    const spreading = spreadingOf(manner)
    const { paths } = this.#legs
    const set =
      spreading === REDUNDANT
        ? redundant(paths, bytes, 0, this.#memory)
        : this.#sparse.choose(spreading === LOWEST_RTT, nowUs)
    if (set === 0) return Sent.noWay
    const note = this.#note
    note.sequence = flows.nextSequence(note.flow)
    this.#emit(flows, manner, set, 0, packet, at, bytes, nowUs, batch)
    this.#sparse.remember(set, packet, at, bytes, note, nowUs)
    return Sent.sent
  }

  /** The packet of `#note`. `waiting`: bytes of its queue, itself included. False: no leg has room now. */
  #sendBulk(
    flows: DatagramFlows,
    manner: Manner,
    waiting: number,
    packet: Pinned,
    at: number,
    bytes: number,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    const wire = bytes + FRAME_OVERHEAD_BYTES
    const schedule = SCHEDULERS[spreadingOf(manner)]!
    const set = schedule(this.#legs.paths, wire, Math.max(wire, waiting), this.#memory)
    // Whoever has no room now would be fed more, if it carried more.
    for (const { path, rate } of this.#legs.list) {
      if (path.usable && path.roomBytes < wire) rate.starve()
    }
    if (set === NO_PATH) return false
    this.#note.sequence = flows.nextSequence(this.#note.flow)
    this.#emit(flows, manner, set, DataFlag.ordered, packet, at, bytes, nowUs, batch)
    return true
  }

  /** The packet of `#note`, on these legs. */
  #emit(
    flows: DatagramFlows,
    manner: Manner,
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
    lead.flags = flags | checksum | (this.#mannerOf === undefined ? 0 : manner << MANNER_SHIFT)
    lead.legs = flows.usedLegs(flow, this.#legs.wireSet(set), nowUs)
    this.emitter.emit(set, packet, at, bytes, trafficClass, nowUs, batch)
  }

  #enqueue(manner: Manner, packet: Pinned, at: number, bytes: number, nowUs: number): Sent {
    const legs = legsOf(manner)
    const queue = this.#queues[legs] ?? new SendQueue(this.#store)
    this.#queues[legs] = queue
    this.late += queue.dropOld(nowUs)
    const slot = queue.isFull ? -1 : this.#store.put(packet, at, bytes, nowUs)
    if (slot < 0) {
      this.late += 1
      return Sent.dropped
    }
    this.#store.flow[slot] = this.#note.flow
    this.#store.note[slot] = manner
    this.#store.trafficClass[slot] = this.#note.trafficClass
    this.#store.checksum[slot] = this.#note.checksum
    queue.push(slot)
    return Sent.queued
  }

  #rest(): void {
    this.#sparse.rest()
    this.#flows = undefined
    this.#queues.length = 0
  }
}

/** Tokens come by the microsecond; a system call for less than a millisecond's worth does not pay. */
const DRAIN_US = 1_000
