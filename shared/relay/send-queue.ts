/**
 * Keeps the send buffers of bonded connections at what their lines can use (core/send-queue.ts). Run by
 * the thread that owns the descriptors, and only for those that carry much.
 */
import {
  isDue,
  type LeftUnsent,
  leftUnsent,
  rateOf,
  type SubflowLoad,
  sendBufferBytes,
} from '../core/send-queue.ts'
import { Deadline } from '../core/timer-wheel.ts'
import { readSubflowInfos } from '../linux/socket-facts.ts'
import { setSendBuffer } from '../linux/sockets.ts'
import { decodeTcpInfoList } from '../wire/tcp-info.ts'
import type { Loop } from './loop.ts'
import type { HalfFlow } from './pump.ts'

export class SendQueues {
  readonly #loop: Loop
  readonly #kernel: QueueKernel
  readonly #queues = new Map<HalfFlow, Queue>()
  readonly #look = new Deadline(() => this.#onLook())

  /** `kernel`: a test paints it. */
  constructor(loop: Loop, kernel: QueueKernel = { loadsOf, setSendBuffer }) {
    this.#loop = loop
    this.#kernel = kernel
  }

  /** `half.to` is an MPTCP socket of this thread. `onMuch`: at each look that finds more than a block unsent. */
  keep(half: HalfFlow, onMuch?: () => void): void {
    if (this.#queues.size === 0) this.#loop.arm(this.#look, LOOK_MS)
    this.#queues.set(half, {
      bytesSeen: half.bytes,
      bufferBytes: undefined,
      left: undefined,
      onMuch,
      bytesPerMs: undefined,
      ratedMs: -Infinity,
    })
  }

  /** What its lines had left unsent at the last look; undefined while it does not move, or nobody can tell. */
  left(half: HalfFlow): LeftUnsent | undefined {
    return this.#queues.get(half)?.left
  }

  /** Before its descriptor is closed, or after. */
  forget(half: HalfFlow): void {
    this.#queues.delete(half)
  }

  #onLook(): void {
    for (const [half, queue] of this.#queues) this.#lookAt(half, queue)
    if (this.#queues.size > 0) this.#loop.arm(this.#look, LOOK_MS)
  }

  #lookAt(half: HalfFlow, queue: Queue): void {
    const movedBytes = half.bytes - queue.bytesSeen
    if (movedBytes === 0) queue.left = undefined
    if (!isDue(movedBytes, queue.bufferBytes)) return
    queue.bytesSeen = half.bytes
    const loads = this.#kernel.loadsOf(half.to)
    queue.left = loads && leftUnsent(loads)
    if (loads === undefined) return
    if (queue.left === 'more than a block') queue.onMuch?.()
    // Within a round trip a rate is told that has not been measured again.
    const { nowMs } = this.#loop
    const tripsMs = TRIPS * Math.max(...loads.map(({ rttMs }) => rttMs))
    const measured = nowMs - queue.ratedMs >= Math.min(tripsMs, RATED_MS_MAX)
    const before = measured ? queue.bytesPerMs : undefined
    if (measured) {
      queue.bytesPerMs = rateOf(loads)
      queue.ratedMs = nowMs
    }
    const wanted = sendBufferBytes(loads, queue.bufferBytes, before)
    if (wanted === undefined || wanted === queue.bufferBytes) return
    if (this.#kernel.setSendBuffer(half.to, wanted) >= 0) queue.bufferBytes = wanted
  }
}

/** What is asked of the kernel, and told to it. */
export interface QueueKernel {
  /** undefined of plain TCP. */
  loadsOf(fd: number): readonly SubflowLoad[] | undefined
  setSendBuffer(fd: number, bytes: number): number
}

interface Queue {
  bytesSeen: number
  /** What we have set; undefined while the kernel has its way. */
  bufferBytes: number | undefined
  left: LeftUnsent | undefined
  readonly onMuch: (() => void) | undefined
  /** Some round trips ago; undefined before the first look. */
  bytesPerMs: number | undefined
  /** When that was, on the loop's clock. */
  ratedMs: number
}

function loadsOf(fd: number): readonly SubflowLoad[] | undefined {
  const list = readSubflowInfos(fd)
  return (
    list &&
    decodeTcpInfoList(list).map((info) => ({
      rttMs: info.rttMs,
      windowBytes: info.congestionWindowSegments * info.segmentBytes,
      unsentBytes: info.unsentBytes,
      bytesPerMs: info.deliveryBytesPerSecond / 1_000,
      silentMs: info.lastDataSentMs,
    }))
  )
}

/** How often send queues are looked at. */
const LOOK_MS = 100
/** bbr asks after a round trip whether its rate still grows, and believes it after three. */
const TRIPS = 3
/** A queue of seconds makes a round trip of seconds. */
const RATED_MS_MAX = 1_000
