/**
 * Which leg carries the next packet: schedulers for datagrams, one packet at a time.
 *
 *     cheapest-first   highest priority that has room, ties by round trip; what has no room spills over
 *     lowest-rtt       least round trip that has room; standby legs only when no other is usable
 *     weighted         in proportion to what each leg carries
 *     redundant        all usable legs at once; standby legs only when no other is usable
 *     blest, ecf       lowest-rtt, that rather waits for the quick leg than is held up by the slow one
 *
 * A scheduler answers a set of legs (bit 0: the first path), or NO_PATH when the packet should wait. It
 * only looks and answers, and keeps nothing but what stands in its own memory. Nothing is allocated.
 *
 * Priorities are those of RFC 9897: 0 never, 1 standby, 2 overflow only, 3 to 15 primary, higher first.
 */

import { RING as HELD_PACKETS } from './flow-order.ts'

/** One leg as a scheduler sees it. The caller keeps these and changes them in place. */
export interface Path {
  priority: number
  /** Alive, with keys and an address, and its priority is not 0. */
  usable: boolean
  /** What may be sent now: the tokens of its rate. */
  roomBytes: number
  srttUs: number
  rttVarUs: number
  /** The least and the most of srtt in the last while. */
  srttUsMin: number
  srttUsMax: number
  /** What the leg holds when it is full: its rate times its round trip. */
  windowBytes: number
  inflightBytes: number
  /** Bytes a millisecond. */
  rate: number
}

/** What a scheduler keeps from one packet to the next. One for each session. */
export interface SchedulerMemory {
  /** weighted: what each path is owed, in shares of a packet. */
  readonly credit: number[]
  /** ecf: it waits for the quick leg already. */
  waiting: boolean
}

export function schedulerMemory(): SchedulerMemory {
  return { credit: [], waiting: false }
}

/** `queuedBytes` wait behind this packet, which is part of them. */
export type Scheduler = (
  paths: readonly Path[],
  bytes: number,
  queuedBytes: number,
  memory: SchedulerMemory,
) => number

export const NO_PATH = 0

/** Amend et al.: the cheapest pipe first; with a token rate as room, RFC 8157's colouring. */
export const cheapestFirst: Scheduler = (paths, bytes) => {
  const standbyMay = onlyStandby(paths)
  let best = -1
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i]!
    if (!mayCarry(path, bytes, standbyMay)) continue
    if (best < 0 || isDearer(paths[best]!, path)) best = i
  }
  return setOf(best)
}

/** The standard's minRTT / LowestRTTFirst. */
export const lowestRtt: Scheduler = (paths, bytes) => setOf(quickest(paths, bytes))

/** Smooth weighted round robin: each packet owes every path its share of the rate, the most owed pays. */
export const weighted: Scheduler = (paths, bytes, _queued, { credit }) => {
  const standbyMay = onlyStandby(paths)
  let total = 0
  for (const path of paths) if (mayCarry(path, bytes, standbyMay)) total += path.rate
  if (total <= 0) return NO_PATH
  let best = -1
  for (let i = 0; i < paths.length; i++) {
    if (!mayCarry(paths[i]!, bytes, standbyMay)) continue
    credit[i] = (credit[i] ?? 0) + paths[i]!.rate / total
    if (best < 0 || credit[i]! > credit[best]!) best = i
  }
  if (best >= 0) credit[best]! -= 1
  return setOf(best)
}

/** Every packet on every usable leg, room or not: it arrives with the first. */
export const redundant: Scheduler = (paths) => {
  const standbyMay = onlyStandby(paths)
  let all = NO_PATH
  for (let i = 0; i < paths.length; i++) if (mayServe(paths[i]!, standbyMay)) all |= 1 << i
  return all
}

/**
 * Ferlin et al., IFIP Networking 2016: the slow leg is used only if what the quick one could send in the
 * slow one's time still fits into the window. Here that window is what the far end holds of a flow.
 */
export const blest: Scheduler = (paths, bytes) => {
  const slow = quickest(paths, bytes)
  const fast = quickest(paths, 0)
  if (slow === fast || slow < 0) return setOf(slow)
  const s = paths[slow]!
  const f = paths[fast]!
  const filling =
    s.srttUsMin + ((s.srttUsMax - s.srttUsMin) * (s.inflightBytes + bytes)) / s.windowBytes
  const timeUs = Math.max(filling, s.srttUs)
  const rounds = Math.floor(timeUs / ((f.srttUsMin + f.srttUsMax) / 2)) + 1
  const windowPackets = f.windowBytes / bytes
  const meanwhile = (windowPackets + (rounds - 1) / 2) * rounds * bytes
  const room = HELD_PACKETS * bytes - (bytes + s.inflightBytes)
  return LAMBDA * meanwhile > room ? NO_PATH : setOf(slow)
}

/** Lim et al., CoNEXT 2017: earliest completion first. */
export const ecf: Scheduler = (paths, bytes, queuedBytes, memory) => {
  const slow = quickest(paths, bytes)
  const fast = quickest(paths, 0)
  if (slow === fast || slow < 0) return setOf(slow)
  const s = paths[slow]!
  const f = paths[fast]!
  const spreadUs = Math.max(f.rttVarUs, s.rttVarUs)
  const beta = memory.waiting ? ECF_BETA : 0
  const viaFast = f.srttUs * (Math.max(queuedBytes, f.windowBytes) + f.windowBytes)
  if (viaFast < (1 + beta) * f.windowBytes * (s.srttUs + spreadUs)) {
    const viaSlow = s.srttUs * Math.max(queuedBytes, s.windowBytes)
    if (viaSlow >= s.windowBytes * (2 * f.srttUs + spreadUs)) {
      memory.waiting = true
      return NO_PATH
    }
    return setOf(slow)
  }
  memory.waiting = false
  return setOf(slow)
}

/** The usable path of least round trip that has room for `bytes`; -1. */
function quickest(paths: readonly Path[], bytes: number): number {
  const standbyMay = onlyStandby(paths)
  let best = -1
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i]!
    if (bytes > 0 ? !mayCarry(path, bytes, standbyMay) : !mayServe(path, standbyMay)) continue
    if (best < 0 || path.srttUs < paths[best]!.srttUs) best = i
  }
  return best
}

/** `standbyMay`: as `onlyStandby` says. */
export function mayServe(path: Path, standbyMay: boolean): boolean {
  return path.usable && (path.priority > STANDBY || standbyMay)
}

function mayCarry(path: Path, bytes: number, standbyMay: boolean): boolean {
  return mayServe(path, standbyMay) && path.roomBytes >= bytes
}

/** Nothing better is usable at all; a full leg is usable. */
export function onlyStandby(paths: readonly Path[]): boolean {
  for (const path of paths) if (path.usable && path.priority > STANDBY) return false
  return true
}

function isDearer(one: Path, other: Path): boolean {
  return (
    other.priority > one.priority || (other.priority === one.priority && other.srttUs < one.srttUs)
  )
}

function setOf(path: number): number {
  return path < 0 ? NO_PATH : 1 << path
}

/** A set is the bits of one byte on the wire. */
export const PATHS_MAX = 8
export const STANDBY = 1
export const OVERFLOW = 2
/** BLEST's own start. It would learn from what was sent again for a hole; here nothing is sent again. */
const LAMBDA = 1.2
const ECF_BETA = 0.25
