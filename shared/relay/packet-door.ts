/**
 * The network interface of a tunnel in its thread's loop: packets out of it, a share of them a round, and
 * packets into it. Somebody may delete it; then it is made again.
 *
 *     kernel ──▶ interface ──read──▶ segmentation ──▶ onPacket, for each ──▶ onShare, when that was all for now
 *            ◀── interface ◀─write── run ◀── write, for each; flush, when that was all for now
 *
 * The kernel gives a run of equal packets of one flow in one piece, and takes one so: a route, a translation and
 * a system call for 40 packets.
 */
import { copy } from '../linux/libc.ts'
import { type Pinned, pinned } from '../linux/pinned.ts'
import type { TunnelDevice } from '../linux/tunnel-device.ts'
import type { Prefix } from '../wire/address.ts'
import { Run } from '../wire/coalescing.ts'
import { Segmentation } from '../wire/segmentation.ts'
import { VIRTIO_BYTES } from '../wire/virtio-net.ts'
import type { Loop } from './loop.ts'
import { Share } from './share.ts'

export interface PacketDoorUse {
  /**
   * A packet of so many bytes stands at `at` in the door's memory, until this returns; READ_AT bytes before it
   * are free. `checksum`: it is good (DataFlag), or 0.
   */
  readonly onPacket: (at: number, bytes: number, checksum: number, nowUs: number) => void
  /** Others have their turn now. */
  readonly onShare: () => void
}

export class PacketDoor implements Disposable {
  readonly device: TunnelDevice
  readonly #loop: Loop
  readonly #use: PacketDoorUse
  readonly #share: Share
  /** What was read. */
  readonly memory = pinned(READ_AT + READ_BYTES)
  readonly #segmentation = new Segmentation()
  /** What will be written. */
  readonly #run = new Run()
  readonly #runMemory = pinned(READ_BYTES)
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
    this.#run.joinsUdp = this.device.joinsUdp
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

  /**
   * VIRTIO_BYTES before the packet are free. It is copied, or written: its memory is the caller's again. `checksum`:
   * it is good (DataFlag), or 0.
   */
  write(from: Pinned, at: number, bytes: number, checksum: number): void {
    const run = this.#run
    const into = this.#runMemory
    const headerBytes = run.follows(into.bytes, from.bytes, at, bytes, checksum)
    if (headerBytes > 0) {
      copy(into.address + run.bytes, from.address + at + headerBytes, bytes - headerBytes)
      run.add(from.bytes, at, bytes)
      return
    }
    this.flush()
    if (run.begin(from.bytes, at, bytes, checksum)) {
      copy(into.address + VIRTIO_BYTES, from.address + at, bytes)
      return
    }
    run.writeSingle(from.bytes, at, bytes, checksum)
    this.device.write(from.address + at - VIRTIO_BYTES, VIRTIO_BYTES + bytes)
  }

  /** What waits for more of its flow is written. To be called after each batch. */
  flush(): void {
    const { packets, bytes } = this.#run
    if (packets === 0) return
    this.#run.finish(this.#runMemory.bytes)
    this.device.write(this.#runMemory.address, bytes)
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
    const { onShare } = this.#use
    let taken = 0
    while (taken < PACKETS_A_TURN) {
      const bytes = this.device.read(this.memory.address + READ_AT, READ_BYTES)
      // Somebody has deleted it.
      if (bytes < 0) this.close()
      if (bytes <= 0) break
      taken += this.#giveAll(bytes, performance.now() * 1_000)
    }
    onShare()
    return taken >= PACKETS_A_TURN
  }

  #giveAll(bytes: number, nowUs: number): number {
    const cutter = this.#segmentation
    const packets = cutter.read(this.memory.bytes, READ_AT, bytes)
    for (let i = 0; i < packets; i++) {
      cutter.cut(this.memory.bytes, i)
      this.#use.onPacket(cutter.at, cutter.bytes, cutter.checksum, nowUs)
    }
    return Math.max(1, packets)
  }
}

/** Packets read before others are looked at. */
const PACKETS_A_TURN = 64
/** More than whoever takes packets wants to have before each. */
const READ_AT = 64
/** A virtio header and the longest packet of IPv6. */
const READ_BYTES = 65_600
/** After an interface could not be made. */
const OPEN_AGAIN_MS = 1_000
