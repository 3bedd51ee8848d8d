/**
 * Packets of sparse flows: calls, games, names, and what has only begun. They take the best leg, room or not.
 *
 *     best leg        ──▶ one frame
 *     it falls silent ──▶ two frames, the other by the next best, until it speaks or steering has judged it
 *                         and once more, by that other leg, what it may have lost before
 */
import type { Pinned } from '../linux/pinned.ts'
import type { LegBatch } from './batch.ts'
import type { Emitter } from './emitter.ts'
import type { TunnelLeg } from './leg.ts'
import type { Legs } from './legs.ts'
import type { PacketStore } from './packet-store.ts'
import { RecentPackets } from './recent-packets.ts'

/** What the sender knows of a packet. Kept by it, so that none is made for a packet. */
export interface PacketNote {
  flow: number
  sequence: number
  trafficClass: number
  /** The transport's checksum is good (DataFlag), or 0. */
  checksum: number
}

export class SparsePackets {
  readonly #legs: Legs
  readonly #emitter: Emitter
  readonly #store: PacketStore
  #recent: RecentPackets | undefined

  constructor(legs: Legs, emitter: Emitter, store: PacketStore) {
    this.#legs = legs
    this.#emitter = emitter
    this.#store = store
  }

  /** The legs (places in the list) for the next sparse packet; 0: none. `quickest`: priority does not matter. */
  choose(quickest: boolean, nowUs: number): number {
    const best = quickest ? this.#legs.quickest() : this.#legs.best(-1)
    if (best < 0) return 0
    const isSuspect = this.#legs.list[best]!.isSilent(nowUs, SUSPECT_US)
    const second = isSuspect ? this.#legs.best(best) : -1
    return second < 0 ? 1 << best : (1 << best) | (1 << second)
  }

  /** It went by these legs: if by one, and there is another, it may have to go again. */
  remember(
    set: number,
    packet: Pinned,
    at: number,
    bytes: number,
    note: Readonly<PacketNote>,
    nowUs: number,
  ): void {
    const leg = 31 - Math.clz32(set)
    if (set !== 1 << leg || this.#legs.best(leg) < 0) return
    const slot = this.#store.put(packet, at, bytes, nowUs)
    if (slot < 0) return
    this.#store.flow[slot] = note.flow
    this.#store.sequence[slot] = note.sequence
    this.#store.trafficClass[slot] = note.trafficClass
    this.#store.checksum[slot] = note.checksum
    this.#recent ??= new RecentPackets(this.#store)
    this.#recent.keep(leg, slot)
  }

  /** Send again what a silent leg may have lost; when to look again. */
  tick(nowUs: number, batch: LegBatch): number {
    const recent = this.#recent
    if (recent === undefined) return Infinity
    recent.dropOld(nowUs)
    if (recent.isEmpty) return Infinity
    for (let i = 0; i < this.#legs.list.length; i++) {
      const leg = this.#legs.list[i]!
      if (!recent.has(i) || !leg.isSilent(nowUs, SUSPECT_US)) continue
      const other = this.#legs.best(i)
      if (other < 0) continue
      for (let slot = recent.take(i); slot >= 0; slot = recent.take(i)) {
        this.#again(leg, slot, other, nowUs, batch)
        this.#store.free(slot)
      }
    }
    return nowUs + LOOK_US
  }

  /** A session at rest keeps nothing. */
  rest(): void {
    this.#recent?.clear()
    this.#recent = undefined
  }

  #again(silent: TunnelLeg, slot: number, other: number, nowUs: number, batch: LegBatch): void {
    const { memory, flow, sequence, trafficClass, checksum, sinceUs } = this.#store
    if (silent.isConfirmed(sinceUs[slot]!)) return
    const { lead } = this.#emitter
    lead.flow = flow[slot]!
    lead.sequence = sequence[slot]!
    lead.legs = this.#legs.wireSet(1 << other)
    lead.flags = checksum[slot]!
    this.#emitter.copies += 1
    const bytes = this.#store.bytesOf(slot)
    const at = this.#store.at(slot)
    this.#emitter.emit(1 << other, memory, at, bytes, trafficClass[slot]!, nowUs, batch)
  }
}

/**
 * Beyond its round trip. A report is 20 ms late at most, and that only beside bulk: alone, each packet of a call has
 * its own. A leg that is suspected in vain costs copies of what is sparse.
 */
const SUSPECT_US = 28_000
const LOOK_US = 5_000
