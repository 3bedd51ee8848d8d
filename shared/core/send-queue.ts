/**
 * How much an MPTCP connection may have under way, so that its subflows are full and nothing waits
 * behind what is not sent yet.
 *
 * The kernel lets every subflow queue four times what the path holds. What is queued there is bound
 * to that subflow: when the other leg dies, what it lost is sent again behind all of it (215 ms on 30
 * Mbit/s, measured). The whole connection needs no more than
 *
 *    the rates of all subflows  ×  the time of the slowest: its round trip, and the burst it was given
 *
 * (in order, nothing is delivered before the slowest has arrived), and a margin to go on with until
 * the relay has its turn again.
 */

/** One subflow as the kernel describes it. */
export interface SubflowLoad {
  readonly rttMs: number
  readonly windowBytes: number
  readonly unsentBytes: number
  readonly bytesPerMs: number
  /** Since it last sent any of the connection's bytes. */
  readonly silentMs: number
}

/**
 * Whether a connection that has moved so much since the last look is looked at. One that has a buffer of ours is for
 * little: that buffer may be what lets so little pass. But not for nothing, or thousands that trickle have the thread.
 */
export function isDue(movedBytes: number, nowBytes: number | undefined): boolean {
  return movedBytes >= (nowBytes === undefined ? MUCH_BYTES : LITTLE_BYTES)
}

/**
 * Bytes of send buffer for the connection, or undefined to leave it to the kernel. `nowBytes` is what
 * was last answered, `beforeBytesPerMs` the rate some round trips ago (`rateOf`); undefined where that is not known.
 */
export function sendBufferBytes(
  subflows: readonly SubflowLoad[],
  nowBytes: number | undefined,
  beforeBytesPerMs: number | undefined,
): number | undefined {
  const busy = busyOf(subflows)
  if (busy.length === 0) return nowBytes
  const waitsMs = Math.max(...busy.map(({ unsentBytes, bytesPerMs }) => unsentBytes / bytesPerMs))
  if (nowBytes === undefined && waitsMs < WAIT_MS_MAX) return undefined

  const rate = sumOf(busy)
  // Who is only finding out what the line carries would be told that it is what we leave him.
  if (nowBytes === undefined && rate > (beforeBytesPerMs ?? 0) * GROWING) return undefined
  // Nobody waits for the burst of one that is alone; but LTE, when it comes to help, waits for all that a slow line holds.
  const burstBytes = busy.length === 1 && rate < SLOW_BYTES_PER_MS ? 0 : BURST_BYTES
  const slowestMs = Math.max(
    ...busy.map(({ rttMs, bytesPerMs }) => rttMs + burstBytes / bytesPerMs),
  )
  const windows = busy.reduce((sum, { windowBytes }) => sum + windowBytes, 0)
  const wanted = Math.max(rate * slowestMs, windows) * HEADROOM + rate * MARGIN_MS
  const bounded = Math.min(Math.max(wanted, BYTES_MIN), BYTES_MAX)
  // A subflow that has nothing left to send may be starved by us: let go before we measure again. But one that
  // stands by has nothing to send however much there is.
  if (nowBytes !== undefined && busy.some(({ unsentBytes }) => unsentBytes === 0)) {
    return Math.round(Math.min(nowBytes * GROWTH, bounded * STARVED, BYTES_MAX))
  }
  if (nowBytes !== undefined && Math.abs(bounded - nowBytes) < nowBytes * DEAD_BAND) return nowBytes
  return Math.round(bounded)
}

/** What the subflows that carry it deliver together, in bytes a millisecond. */
export function rateOf(subflows: readonly SubflowLoad[]): number {
  return sumOf(busyOf(subflows))
}

function busyOf(subflows: readonly SubflowLoad[]): readonly SubflowLoad[] {
  const fastest = Math.max(...subflows.map(({ bytesPerMs }) => bytesPerMs))
  // One that has only said hello would be waited for like the slowest of lines. What stands by still shows the rate
  // that it once had: beside an uplink of 1 Mbit/s, room for that is ten seconds of what only DSL can send.
  return subflows.filter(
    ({ bytesPerMs, unsentBytes, silentMs }) =>
      bytesPerMs > 0 &&
      (unsentBytes > 0 || (bytesPerMs >= fastest * IDLE_SHARE && silentMs < SILENT_MS)),
  )
}

function sumOf(subflows: readonly SubflowLoad[]): number {
  return subflows.reduce((sum, { bytesPerMs }) => sum + bytesPerMs, 0)
}

/** What the lines have been given and not sent. */
export type LeftUnsent = 'hardly anything' | 'something' | 'more than a block'

/**
 * What a connection that moves has left unsent; undefined of one that does not. MPTCP gives its subflows only what the other
 * end has room for.
 *
 *    more than a block   by the one line that carries it, and that is the one on which it began: this line so takes less than
 *                        there is, whatever its queue: bbr keeps none on a line that it knows well. Below some 20 Mbit/s
 *                        `sendBufferBytes` leaves no room for so much
 *    hardly anything     a packet or two that bbr spaces out: where more waits all the same, the other end's window has
 *                        no room for it
 */
export function leftUnsent(subflows: readonly SubflowLoad[]): LeftUnsent | undefined {
  const busy = busyOf(subflows)
  if (busy.length === 0) return undefined
  const [waiting, ...others] = busy.filter(({ unsentBytes }) => unsentBytes > SPACED_BYTES)
  if (waiting === undefined) return 'hardly anything'
  // Whoever sends less than the line carries has no more than that unsent. The kernel tells the first subflow first, also when it has ended.
  const much = others.length === 0 && waiting === subflows[0] && waiting.unsentBytes >= BLOCK_BYTES
  return much ? 'more than a block' : 'something'
}

/** What applications hand over at once, and what the kernel's scheduler gives a line at once is half of it. */
export const BLOCK_BYTES = 131_072
/** For so long what was found unsent is said: that one look of LOOK_MS in between finds nothing is bbr's doing. */
export const UNSENT_MS = 250
/** Below it the kernel may keep its ways. */
const MUCH_BYTES = 65_536
/** An uplink of 0.33 Mbit/s sends as much between two looks. A look takes some 7 us. */
const LITTLE_BYTES = 4_096
/** The kernel's scheduler gives a subflow so much at once: a second's work for an old DSL's uplink. */
const BURST_BYTES = 65_536
/** 2 Mbit/s. Without room for the burst an uplink of 10 Mbit/s alone carried 8.9 to 9.1 of 9.4. */
const SLOW_BYTES_PER_MS = 250
/** A queue that drains faster than this harms nobody. */
const WAIT_MS_MAX = 60
/** bbr's own sign that a start is over: a rate that has not grown by a quarter. */
const GROWING = 1.25
/** Of the fastest subflow's rate: 0.6 of 40 Mbit/s, an old DSL's uplink beside a good cell, is above it. */
const IDLE_SHARE = 0.01
/** Beside the burst of an uplink of 0.5 Mbit/s a quick line has nothing to send for a second. */
const SILENT_MS = 2_000
/** Some packets. Measured where a window of 64 KiB is what limits: 0 to 5,680, once 12,996. */
const SPACED_BYTES = 8_192
const HEADROOM = 1.4
/** What the relay may need until it has its turn. */
const MARGIN_MS = 20
/** Changes smaller than this are not worth a call. */
const DEAD_BAND = 0.1
const GROWTH = 1.5
/** Who was starved has a window of its own soon, and with it grows what is wanted. */
const STARVED = 2
const BYTES_MIN = 65_536
const BYTES_MAX = 33_554_432
