/**
 * Bulk packets that no leg has room for: first in, first out, for QUEUE_US at most. What is older would come
 * too late to be of use, and a longer queue would only be delay.
 */
import type { PacketStore } from './packet-store.ts'

export class SendQueue {
  bytes = 0
  packets = 0
  readonly #store: PacketStore
  readonly #slots = new Int32Array(QUEUE_PACKETS)
  #first = 0

  constructor(store: PacketStore) {
    this.#store = store
  }

  get isFull(): boolean {
    return this.packets === QUEUE_PACKETS
  }

  /** A slot of the store. The caller has seen that there is room. */
  push(slot: number): void {
    this.#slots[(this.#first + this.packets) % QUEUE_PACKETS] = slot
    this.packets += 1
    this.bytes += this.#store.bytesOf(slot)
  }

  get first(): number {
    return this.#slots[this.#first]!
  }

  /** The first has been sent, or is given up. */
  shift(): void {
    const slot = this.first
    this.#first = (this.#first + 1) % QUEUE_PACKETS
    this.packets -= 1
    this.bytes -= this.#store.bytesOf(slot)
    this.#store.free(slot)
  }

  /** How many had waited too long, and are gone. */
  dropOld(nowUs: number): number {
    let dropped = 0
    while (this.packets > 0 && nowUs - this.#store.sinceUs[this.first]! > QUEUE_US) {
      this.shift()
      dropped += 1
    }
    return dropped
  }
}

/** 50 ms at 110 Mbit/s in packets of 1,400 bytes. */
const QUEUE_PACKETS = 512
const QUEUE_US = 50_000
