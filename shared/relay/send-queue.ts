/**
 * Keeps the send buffers of bonded connections at what their lines can use (core/send-queue.ts). Run by
 * the thread that owns the descriptors, and only for those that carry much.
 */
import { isDue, isUnsent, rateOf, sendBufferBytes } from '../core/send-queue.ts'
import { Deadline } from '../core/timer-wheel.ts'
import { readSubflowInfos } from '../linux/socket-facts.ts'
import { setSendBuffer } from '../linux/sockets.ts'
import { decodeTcpInfoList } from '../wire/tcp-info.ts'
import type { Loop } from './loop.ts'
import type { HalfFlow } from './pump.ts'

export class SendQueues {
  readonly #loop: Loop
  readonly #queues = new Map<HalfFlow, Queue>()
  readonly #look = new Deadline(() => this.#onLook())

  constructor(loop: Loop) {
    this.#loop = loop
  }

  /** `half.to` is an MPTCP socket of this thread. */
  keep(half: HalfFlow): void {
    if (this.#queues.size === 0) this.#loop.arm(this.#look, LOOK_MS)
    this.#queues.set(half, {
      bytesSeen: half.bytes,
      bufferBytes: undefined,
      unsent: false,
      bytesPerMs: undefined,
    })
  }

  /** At the last look its line had been given less than there is to send. */
  unsent(half: HalfFlow): boolean {
    return this.#queues.get(half)?.unsent === true
  }

  /** Before its descriptor is closed, or after. */
  forget(half: HalfFlow): void {
    this.#queues.delete(half)
  }

  #onLook(): void {
    for (const [half, queue] of this.#queues) look(half, queue)
    if (this.#queues.size > 0) this.#loop.arm(this.#look, LOOK_MS)
  }
}

interface Queue {
  bytesSeen: number
  /** What we have set; undefined while the kernel has its way. */
  bufferBytes: number | undefined
  unsent: boolean
  /** At the last look; undefined before the first. */
  bytesPerMs: number | undefined
}

function look(half: HalfFlow, queue: Queue): void {
  queue.unsent = false
  if (!isDue(half.bytes - queue.bytesSeen, queue.bufferBytes)) return
  queue.bytesSeen = half.bytes
  const list = readSubflowInfos(half.to)
  if (list === undefined) return
  const loads = decodeTcpInfoList(list).map((info) => ({
    rttMs: info.rttMs,
    windowBytes: info.congestionWindowSegments * info.segmentBytes,
    unsentBytes: info.unsentBytes,
    bytesPerMs: info.deliveryBytesPerSecond / 1_000,
    silentMs: info.lastDataSentMs,
  }))
  queue.unsent = isUnsent(loads)
  const wanted = sendBufferBytes(loads, queue.bufferBytes, queue.bytesPerMs)
  queue.bytesPerMs = rateOf(loads)
  if (wanted === undefined || wanted === queue.bufferBytes) return
  if (setSendBuffer(half.to, wanted) >= 0) queue.bufferBytes = wanted
}

/** How often send queues are looked at. */
const LOOK_MS = 100
