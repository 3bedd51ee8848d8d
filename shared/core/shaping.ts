/**
 * The classes of a shaped interface (HTB), as they should be.
 *
 *     8810:           ours by this number
 *      ├ 8810:1       a home's line, at its rate
 *      │  ├ 8810:10   strict: sparse and real-time traffic
 *      │  └ 8810:20   bulk, and all that belongs to no class
 *      └ 8810:30 ...  at a concentrator instead: one class a subscriber and leg
 */
import { handleOf, type QueuedClass, TC_ROOT } from '../wire/tc.ts'

/**
 * A home's line: all of it at `mbps`. The strict class goes first, but a home that marked everything as
 * urgent would still have a twentieth for the rest.
 */
export function shapedLine(mbps: number): QueuedClass[] {
  const bytesPerS = bytesPerSecond(mbps)
  const bulk = Math.round(bytesPerS * BULK_SHARE)
  const line = {
    handle: LINE_CLASS,
    parent: TC_ROOT,
    rateBytesPerS: bytesPerS,
    ceilBytesPerS: bytesPerS,
    burstBytes: burstBytes(bytesPerS),
    priority: 0,
    queueBytes: undefined,
  }
  return [
    line,
    {
      ...line,
      handle: STRICT_CLASS,
      parent: LINE_CLASS,
      rateBytesPerS: bytesPerS - bulk,
      queueBytes: queueBytes(bytesPerS, STRICT_QUEUE_MS),
    },
    {
      ...line,
      handle: BULK_CLASS,
      parent: LINE_CLASS,
      rateBytesPerS: bulk,
      priority: 1,
      queueBytes: queueBytes(bytesPerS, BULK_QUEUE_MS),
    },
  ]
}

/** The class of one leg, by LEG_NUMBER, of one subscriber. */
export function legClass(subscriber: number, leg: number): number {
  return handleOf(SHAPER, FIRST_LEG_MINOR + 2 * subscriber + leg - 1)
}

/** It is on its own. */
export function cappedLeg(subscriber: number, leg: number, mbps: number): QueuedClass {
  const bytesPerS = bytesPerSecond(mbps)
  return {
    handle: legClass(subscriber, leg),
    parent: TC_ROOT,
    rateBytesPerS: bytesPerS,
    ceilBytesPerS: bytesPerS,
    burstBytes: burstBytes(bytesPerS),
    priority: 1,
    queueBytes: queueBytes(bytesPerS, BULK_QUEUE_MS),
  }
}

function bytesPerSecond(mbps: number): number {
  return Math.round((mbps * 1e6) / 8)
}

/** What may leave at once: what the line carries while a busy machine lets the timer wait. */
function burstBytes(bytesPerS: number): number {
  return Math.max(2 * PACKET_BYTES, Math.round((bytesPerS * BURST_MS) / 1_000))
}

function queueBytes(bytesPerS: number, ms: number): number {
  return Math.max(QUEUE_PACKETS_MIN * PACKET_BYTES, Math.round((bytesPerS * ms) / 1_000))
}

/** The major number by which our disciplines are known: `tc qdisc show` says `htb 8810:`. */
export const SHAPER = 0x8810
export const STRICT_CLASS = handleOf(SHAPER, 0x10)
export const BULK_CLASS = handleOf(SHAPER, 0x20)
const LINE_CLASS = handleOf(SHAPER, 0x1)
const FIRST_LEG_MINOR = 0x30
/** Homes with numbers below have a class for each leg: a minor number has 16 bits. */
export const CAPPED_HOMES_MAX = 32_700
const BULK_SHARE = 0.05
/** TCP holds most of what it has to send in its sockets; this is for what does not. */
const BULK_QUEUE_MS = 50
const STRICT_QUEUE_MS = 20
/** On slow lines, where fewer would not hold what TCP sends at once. */
const QUEUE_PACKETS_MIN = 16
const BURST_MS = 4
/** A full packet with its Ethernet header. */
const PACKET_BYTES = 1_514
