/**
 * The network interface of a tunnel in its thread's loop: packets out of it, a share of them a round, and
 * packets into it. Somebody may delete it; then it is made again.
 *
 *     kernel ──▶ interface ──read──▶ `into` ──▶ onPacket, for each ──▶ onShare, when that was all for now
 *            ◀── interface ◀─write──
 */
import type { Pinned } from '../linux/pinned.ts'
import type { TunnelDevice } from '../linux/tunnel-device.ts'
import type { Prefix } from '../wire/address.ts'
import type { Loop } from './loop.ts'
import { Share } from './share.ts'

export interface PacketDoorUse {
  /** Where each packet is read to: what is in `memory` from `at` on is overwritten by the next. */
  readonly memory: Pinned
  readonly at: number
  /** A packet of so many bytes is there. */
  readonly onPacket: (bytes: number, nowUs: number) => void
  /** Others have their turn now. */
  readonly onShare: () => void
}

export class PacketDoor implements Disposable {
  readonly device: TunnelDevice
  readonly #loop: Loop
  readonly #use: PacketDoorUse
  readonly #share: Share
  #refusedMs = -Infinity

  constructor(loop: Loop, device: TunnelDevice, use: PacketDoorUse) {
    this.#loop = loop
    this.device = device
    this.#use = use
    this.#share = new Share(loop, () => this.#take())
  }

  get isOpen(): boolean {
    return this.device.fd >= 0
  }

  /** Throws a sentence when the kernel refuses, and leaves nothing then. */
  open(addresses: readonly Prefix[]): void {
    this.device.open(addresses)
    this.#loop.watchReading(this.device.fd, this.#share)
  }

  /** The same in mid-run, but not right after it was refused: why it is refused now. */
  openAgain(addresses: readonly Prefix[], nowMs: number): string | undefined {
    if (nowMs - this.#refusedMs < OPEN_AGAIN_MS) return undefined
    try {
      this.open(addresses)
      return undefined
    } catch (error) {
      this.#refusedMs = nowMs
      return error instanceof Error ? error.message : String(error)
    }
  }

  write({ address }: Pinned, at: number, bytes: number): void {
    this.device.write(address + at, bytes)
  }

  close(): void {
    if (this.isOpen) this.#loop.unwatch(this.device.fd)
    this.device.close()
  }

  [Symbol.dispose](): void {
    this.close()
  }

  /** What is left comes in the next round. */
  #take(): boolean {
    const { memory, at, onPacket, onShare } = this.#use
    let taken = 0
    for (; taken < PACKETS_A_TURN; taken++) {
      const bytes = this.device.read(memory.address + at, memory.bytes.length - at)
      // Somebody has deleted it.
      if (bytes < 0) this.close()
      if (bytes <= 0) break
      onPacket(bytes, performance.now() * 1_000)
    }
    onShare()
    return taken === PACKETS_A_TURN
  }
}

/** Packets read before others are looked at. */
const PACKETS_A_TURN = 64
/** After an interface could not be made. */
const OPEN_AGAIN_MS = 1_000
