/**
 * The last sparse packets of each leg, until they are old: what a leg that falls silent may have lost is sent
 * once more by another, and the far end drops what it has already.
 */
import { PATHS_MAX } from '../core/datagram-scheduler.ts'
import type { PacketStore } from './packet-store.ts'

export class RecentPackets {
  readonly #store: PacketStore
  /** RECENT cells a leg; a leg's oldest at `#firsts`. */
  readonly #slots = new Int32Array(RECENT * PATHS_MAX)
  readonly #firsts = new Uint8Array(PATHS_MAX)
  readonly #counts = new Uint8Array(PATHS_MAX)
  #packets = 0

  constructor(store: PacketStore) {
    this.#store = store
  }

  get isEmpty(): boolean {
    return this.#packets === 0
  }

  has(leg: number): boolean {
    return this.#counts[leg]! > 0
  }

  /** A slot of the store with a packet that went by this leg (0: the first). The oldest gives way. */
  keep(leg: number, slot: number): void {
    if (this.#counts[leg] === RECENT) this.#store.free(this.take(leg))
    this.#slots[leg * RECENT + ((this.#firsts[leg]! + this.#counts[leg]!) % RECENT)] = slot
    this.#counts[leg]! += 1
    this.#packets += 1
  }

  /** The leg's oldest, which is the caller's from now on; -1. */
  take(leg: number): number {
    if (this.#counts[leg] === 0) return -1
    const slot = this.#slots[leg * RECENT + this.#firsts[leg]!]!
    this.#firsts[leg] = (this.#firsts[leg]! + 1) % RECENT
    this.#counts[leg]! -= 1
    this.#packets -= 1
    return slot
  }

  dropOld(nowUs: number): void {
    for (let leg = 0; leg < PATHS_MAX; leg++) {
      while (this.#counts[leg]! > 0) {
        const oldest = this.#slots[leg * RECENT + this.#firsts[leg]!]!
        if (nowUs - this.#store.sinceUs[oldest]! <= RECENT_US) break
        this.#store.free(this.take(leg))
      }
    }
  }

  clear(): void {
    for (let leg = 0; leg < PATHS_MAX; leg++) {
      for (let slot = this.take(leg); slot >= 0; slot = this.take(leg)) this.#store.free(slot)
    }
  }
}

/** A few calls, at 50 packets a second each, until a silent leg is noticed. */
const RECENT = 32
/** What is older comes too late for a call. */
const RECENT_US = 200_000
