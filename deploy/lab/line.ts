/**
 * One direction of an emulated line, without the world: packets and the time go in, packets come out.
 *
 *      offer()                advance()                       take()
 *   ──────────▶ queue ──────▶ transmitter ──────▶ in flight ──────────▶
 *               drop-tail,    one packet at a     half the round trip
 *               in bytes      time, at the rate;  and the jitter
 *                             chance loses some
 *
 * All three stages are one ring: a packet is copied in once and out once, and only its stage changes.
 * The transmitter's clock is a chain (a packet starts where the one before it ended), so a process that
 * the host let sleep catches up exactly: the rate is right over any time in which the queue held.
 */
import { mulberry32 } from '../../shared/core/chance.fake.ts'
import { Jitter } from './line-jitter.ts'
import type { LineParams } from './pairs.ts'

/** What the line does in this direction. */
export interface DirectionParams {
  /** Of IP packets, headers and all. */
  readonly mbps: number
  readonly delayMs: number
  /** The delay wanders by at most this much to either side. */
  readonly jitterMs: number
  readonly lossPercent: number
  /** What the queue holds, as the time it takes to drain. */
  readonly queueMs: number
}

export class LineDirection {
  /** Packets that chance took. */
  lost = 0
  /** How long the transmitter had nothing to send, up to the last packet it got. */
  idleUs = 0
  /** Waiting for or in the transmitter. */
  queuedBytes = 0

  readonly #chance: () => number
  readonly #jitter: Jitter
  #params: DirectionParams
  #queueBytesMax: number

  readonly #ring: Buffer
  readonly #offsets = new Uint32Array(PACKETS_MAX)
  /** 0 for a packet that was lost: it keeps its place and is skipped. */
  readonly #lengths = new Uint32Array(PACKETS_MAX)
  readonly #releaseUs = new Float64Array(PACKETS_MAX)
  /** Packets ever taken, ever transmitted, ever offered: in flight are [head, middle), queued [middle, tail). */
  #head = 0
  #middle = 0
  #tail = 0
  #writeAt = 0

  /** When the transmitter is done with its packet, or was with its last. */
  #doneUs = 0
  #lastReleaseUs = 0

  /** The same seed and the same packets lose the same packets. */
  constructor(params: DirectionParams, seed: number) {
    this.#params = params
    this.#queueBytesMax = queueBytes(params)
    this.#chance = mulberry32(seed)
    this.#jitter = new Jitter(mulberry32(~seed))
    this.#ring = Buffer.allocUnsafeSlow(RING_BYTES)
  }

  /** Change the line. The packet in the transmitter is finished at the new rate, those in flight fly on. */
  configure(params: DirectionParams, nowUs: number): void {
    this.#advance(nowUs)
    if (this.#doneUs > nowUs) {
      this.#doneUs = nowUs + (this.#doneUs - nowUs) * (this.#params.mbps / params.mbps)
    }
    this.#params = params
    this.#queueBytesMax = queueBytes(params)
  }

  /** The first `bytes` of `from` arrive. False when the queue is full and drops them. */
  offer(from: Buffer, bytes: number, nowUs: number): boolean {
    this.#advance(nowUs)
    const idle = this.#middle === this.#tail
    const at = this.#room(bytes)
    // A queue that holds nothing takes any packet, or a large one could never cross a slow line.
    if (at < 0 || (!idle && this.queuedBytes + bytes > this.#queueBytesMax)) return false

    from.copy(this.#ring, at, 0, bytes)
    const slot = this.#tail & SLOT_MASK
    this.#offsets[slot] = at
    this.#lengths[slot] = bytes
    this.#writeAt = at + bytes
    this.#tail++
    this.queuedBytes += bytes
    if (idle) {
      this.idleUs += nowUs - this.#doneUs
      this.#doneUs = nowUs + this.#transmitUs(bytes)
    }
    return true
  }

  /** Copy the next packet that is due to the head of `into` and answer its bytes; 0 when none is due. */
  take(into: Buffer, nowUs: number): number {
    this.#advance(nowUs)
    while (this.#head < this.#middle) {
      const slot = this.#head & SLOT_MASK
      if (this.#releaseUs[slot]! > nowUs) return 0
      this.#head++
      const bytes = this.#lengths[slot]!
      if (bytes === 0) continue
      const at = this.#offsets[slot]!
      this.#ring.copy(into, 0, at, at + bytes)
      return bytes
    }
    return 0
  }

  /** When to ask `take` again, if nothing is offered until then; at times early, never late. */
  wakeAtUs(): number {
    if (this.#head < this.#middle) return this.#releaseUs[this.#head & SLOT_MASK]!
    if (this.#middle === this.#tail) return Infinity
    return this.#doneUs + 1_000 * Math.max(0, this.#params.delayMs - this.#params.jitterMs)
  }

  /** Drop what is queued and in flight, and answer how many packets that were. */
  clear(nowUs: number): number {
    const dropped = this.#tail - this.#head
    this.#head = this.#middle = this.#tail
    this.queuedBytes = 0
    this.#doneUs = Math.min(this.#doneUs, nowUs)
    this.#lastReleaseUs = Math.min(this.#lastReleaseUs, nowUs)
    return dropped
  }

  /** Let the transmitter finish what it finished by `nowUs`. */
  #advance(nowUs: number): void {
    while (this.#middle < this.#tail && this.#doneUs <= nowUs) {
      const slot = this.#middle & SLOT_MASK
      this.queuedBytes -= this.#lengths[slot]!
      this.#releaseUs[slot] = this.#releaseAt(this.#doneUs)
      // On the wire, not before it: a packet that is lost has used its share of the rate.
      if (this.#params.lossPercent > 0 && this.#chance() * 100 < this.#params.lossPercent) {
        this.#lengths[slot] = 0
        this.lost++
      }
      this.#middle++
      if (this.#middle < this.#tail) {
        this.#doneUs += this.#transmitUs(this.#lengths[this.#middle & SLOT_MASK]!)
      }
    }
  }

  /** Never before the packet ahead, whatever the jitter or a shorter delay says: lines do not reorder. */
  #releaseAt(sentUs: number): number {
    const wandered = this.#jitter.offsetUs(sentUs, 1_000 * this.#params.jitterMs)
    const flightUs = Math.max(0, 1_000 * this.#params.delayMs + wandered)
    this.#lastReleaseUs = Math.max(this.#lastReleaseUs, sentUs + flightUs)
    return this.#lastReleaseUs
  }

  #transmitUs(bytes: number): number {
    return (bytes * 8) / this.#params.mbps
  }

  /** Where `bytes` in one piece fit into the ring, or -1. */
  #room(bytes: number): number {
    if (this.#tail === this.#head) return 0
    if (this.#tail - this.#head === PACKETS_MAX) return -1
    const readAt = this.#offsets[this.#head & SLOT_MASK]!
    if (this.#writeAt > readAt) {
      if (this.#writeAt + bytes <= RING_BYTES) return this.#writeAt
      return bytes < readAt ? 0 : -1
    }
    return this.#writeAt + bytes < readAt ? this.#writeAt : -1
  }
}

/** What a line does in each direction: half of the round trip, half of its jitter. */
export function directionsOf(line: LineParams): Record<'down' | 'up', DirectionParams> {
  const { rttMs, jitterMs, lossPercent, queueMs } = line
  const half = { delayMs: rttMs / 2, jitterMs: jitterMs / 2, lossPercent, queueMs }
  return { down: { ...half, mbps: line.downMbps }, up: { ...half, mbps: line.upMbps } }
}

/** What the queue of a direction holds, in bytes. */
function queueBytes(params: DirectionParams): number {
  return params.queueMs * params.mbps * BYTES_PER_MS_AND_MBPS
}

/** What a direction must hold at most, in bytes: a full queue, and a full line behind it. */
export function heldBytes(params: DirectionParams): number {
  const flightMs = params.delayMs + params.jitterMs
  return queueBytes(params) + flightMs * params.mbps * BYTES_PER_MS_AND_MBPS
}

/** 300 Mbit/s for 0.8 s. Touched only as far as packets fill it; when it is full, packets are dropped. */
export const RING_BYTES = 32 * 1_024 * 1_024

/** 32 MiB of packets of 512 bytes. */
const PACKETS_MAX = 65_536
const SLOT_MASK = PACKETS_MAX - 1
const BYTES_PER_MS_AND_MBPS = 125
