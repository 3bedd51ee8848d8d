/**
 * ③ ⑥ Bytes flow: from one socket into the other, in one direction.
 *
 *    from ──recv──▶ scratch (256 KiB, one for the whole thread) ──send──▶ to
 *                      │ what `to` would not take
 *                      ▼
 *                    held (at most one chunk; while it is there, nothing more is read)
 */
import { EAGAIN, type Kernel } from '../linux/kernel.ts'

/** One direction of a flow. Its fields belong to the pump; the flow sets the two flags. */
export class HalfFlow {
  readonly from: number
  readonly to: number
  /** Set when epoll says so, cleared here at EAGAIN. */
  readable = true
  writable = true
  held: Uint8Array | undefined
  heldAt = 0
  /** The end of the stream was read; nothing more will come. */
  ended = false
  /** `ended`, everything delivered and `to` told. */
  finished = false
  /** Payload delivered to `to`. */
  bytes = 0
  /** Of these, what whoever looks how it fares had seen at its last look. */
  seenBytes = 0
  /** Set when pump() answers `broken`: a positive errno. */
  errno = 0

  constructor(from: number, to: number) {
    this.from = from
    this.to = to
  }
}

export const Pumped = {
  /** Nothing to read. Ask again when `from` is readable. */
  drained: 0,
  /** Nowhere to write. Ask again when `to` is writable. */
  blocked: 1,
  /** Burst spent. Ask again after the other flows had their turn. */
  yielded: 2,
  /** `from` ended, everything was delivered, `to` was told. */
  finished: 3,
  /** See `errno`. */
  broken: 4,
} as const
export type Pumped = (typeof Pumped)[keyof typeof Pumped]

/**
 * Move bytes until one side must wait, the peer ends, or the burst is spent.
 *
 * The loop does not await or throw, and allocates only what `to` would not take. A fat flow cannot
 * hold the thread for longer than BURST_BYTES_MAX. What is held is the whole of our flow control:
 * the kernel's windows do the rest. `chunkBytes` bounds one recv, and with it what can be held.
 */
export function pump(
  kernel: Kernel,
  half: HalfFlow,
  scratch: Uint8Array,
  chunkBytes: number,
): Pumped {
  if (half.finished) return Pumped.finished
  if (half.held !== undefined) {
    const flushed = flushHeld(kernel, half, half.held)
    if (flushed !== Pumped.drained) return flushed
  }
  if (half.ended) return finish(kernel, half)

  for (let burst = 0; burst < BURST_BYTES_MAX; ) {
    if (!half.readable) return Pumped.drained
    const got = kernel.recvHead(half.from, scratch, chunkBytes)
    if (got === -EAGAIN) {
      half.readable = false
      return Pumped.drained
    }
    if (got < 0) return broken(half, got)
    if (got === 0) {
      half.ended = true
      return finish(kernel, half)
    }

    const sent = kernel.sendHead(half.to, scratch, got)
    if (sent < 0 && sent !== -EAGAIN) return broken(half, sent)
    const taken = Math.max(sent, 0)
    half.bytes += taken
    if (taken < got) {
      half.held = scratch.slice(taken, got)
      half.heldAt = 0
      half.writable = false
      return Pumped.blocked
    }
    burst += got
  }
  return Pumped.yielded
}

/** Put bytes that were read elsewhere (early data behind a Convert message) in front of the rest. */
export function holdFirst(half: HalfFlow, bytes: Uint8Array): void {
  if (bytes.length === 0) return
  // slice() of a Buffer would be a view.
  half.held = Uint8Array.from(bytes)
  half.heldAt = 0
}

/** Bytes that wait in our memory for `to`. */
export function heldBytes(half: HalfFlow): number {
  return half.held === undefined ? 0 : half.held.length - half.heldAt
}

function flushHeld(kernel: Kernel, half: HalfFlow, held: Uint8Array): Pumped {
  if (!half.writable) return Pumped.blocked
  const rest = held.subarray(half.heldAt)
  const sent = kernel.sendHead(half.to, rest, rest.length)
  if (sent === -EAGAIN) {
    half.writable = false
    return Pumped.blocked
  }
  if (sent < 0) return broken(half, sent)
  half.bytes += sent
  half.heldAt += sent
  if (half.heldAt < held.length) {
    half.writable = false
    return Pumped.blocked
  }
  half.held = undefined
  return Pumped.drained
}

function finish(kernel: Kernel, half: HalfFlow): Pumped {
  half.finished = true
  // ENOTCONN here means that the other half already broke; the flow hears of it there.
  kernel.shutdownWrite(half.to)
  return Pumped.finished
}

function broken(half: HalfFlow, result: number): Pumped {
  half.errno = -result
  return Pumped.broken
}

/** What one turn of one direction may move, so that a video call waits behind a download for 0.5 ms. */
const BURST_BYTES_MAX = 1_048_576
