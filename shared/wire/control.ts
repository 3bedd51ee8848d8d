/**
 * Control frames: what the two ends of a tunnel tell each other about their legs. Sealed as data frames are
 * (tunnel.ts); from byte 24 on they say:
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |     Send Time, microseconds, the low 32 bits; never twice     |   0
 *   +---------------+---------------+-------------------------------+
 *   |     Kind      |     Count     |       Bytes (reply only)      |   4
 *   +---------------+---------------+-------------------------------+
 *
 * Kind 1, question: padding to any length; a leg that carries it carries frames of that length. Count is any
 * number, which the reply repeats.
 * Kind 2, reply, on the leg of its question:
 *
 *   +---------------------------------------------------------------+
 *   |                 Send Time of the question                     |   8
 *   +---------------------------------------------------------------+
 *
 *   with Bytes, the length of the question's whole frame as it came.
 * Kind 3, report, Count times:
 *
 *   +---------------+-----------------------------------------------+
 *   |      Leg      |              reserved, zero                   |   0
 *   +---------------+-----------------------------------------------+
 *   |                 frames received (32 bits)                     |   4
 *   +---------------------------------------------------------------+
 *   |     frames lost: gaps in the packet numbers (32 bits)         |   8
 *   +---------------------------------------------------------------+
 *   |                 bytes received (64 bits)                      |  12
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |       frames that came marked Congestion Experienced          |  20
 *   +---------------------------------------------------------------+
 *   |     Send Time of the latest frame received                    |  24
 *   +---------------------------------------------------------------+
 *   |     the least delay since the report before: arrival less     |  28
 *   |     Send Time, low 32 bits of the difference of two clocks    |
 *   +---------------------------------------------------------------+
 *
 *   All counts are from the beginning of the session and wrap, so that a lost report costs nothing.
 * Kind 4, order, home to concentrator, Count times: how the concentrator may use a leg.
 *
 *   +---------------+---------------+-------------------------------+
 *   |      Leg      |   Priority    |     Flags     |   reserved    |   0
 *   +---------------+---------------+-------------------------------+
 *   |     what the line carries, kbit/s; 0: nobody knows            |   4
 *   +---------------------------------------------------------------+
 *   |     of it, what passes beside the tunnel, kbit/s              |   8
 *   +---------------------------------------------------------------+
 *
 *   Priority is RFC 9897's: 0 never, 1 standby, 2 overflow only, 3 to 15 primary. Flags: 1, spared: it carries only
 *   while the others are dead, whatever a flow wants. The order sent last counts.
 */
import { readUint16, writeUint16 } from './ip.ts'
import { readUint32, readUint64, writeUint32, writeUint64 } from './tunnel.ts'

export const ControlKind = { question: 1, reply: 2, report: 3, order: 4 } as const
export type ControlKind = (typeof ControlKind)[keyof typeof ControlKind]

/** Into the caller's, so that reading one costs nothing. */
export interface ControlLead {
  sentUs: number
  kind: ControlKind
  count: number
  bytes: number
}

export interface LegCounts {
  leg: number
  received: number
  lost: number
  bytes: number
  marked: number
  latestUs: number
  delayUs: number
}

/** Nothing has come yet. */
export function noCounts(leg: number): LegCounts {
  return { leg, received: 0, lost: 0, bytes: 0, marked: 0, latestUs: 0, delayUs: 0 }
}

export interface WireOrder {
  leg: number
  priority: number
  spared: boolean
  kbps: number
  besideKbps: number
}

export function writeControlLead(memory: Uint8Array, at: number, lead: ControlLead): void {
  writeUint32(memory, at, lead.sentUs)
  memory[at + 4] = lead.kind
  memory[at + 5] = lead.count
  writeUint16(memory, at + 6, lead.bytes)
}

/** False: no kind of ours, or not as long as it says. `bytes` is what stands between head and tag. */
export function readControlLead(
  memory: Uint8Array,
  at: number,
  bytes: number,
  lead: ControlLead,
): boolean {
  if (bytes < CONTROL_LEAD_BYTES) return false
  lead.sentUs = readUint32(memory, at)
  lead.count = memory[at + 5]!
  lead.bytes = readUint16(memory, at + 6)
  switch (memory[at + 4]) {
    case ControlKind.question:
      lead.kind = ControlKind.question
      return true
    case ControlKind.reply:
      lead.kind = ControlKind.reply
      return bytes >= REPLY_BYTES
    case ControlKind.report:
      lead.kind = ControlKind.report
      return bytes >= CONTROL_LEAD_BYTES + lead.count * COUNTS_BYTES
    case ControlKind.order:
      lead.kind = ControlKind.order
      return bytes >= CONTROL_LEAD_BYTES + lead.count * ORDER_BYTES
    default:
      return false
  }
}

/** `index` counts from 0; `at` is the control lead's. */
export function writeCounts(
  memory: Uint8Array,
  at: number,
  index: number,
  counts: Readonly<LegCounts>,
): void {
  const to = at + CONTROL_LEAD_BYTES + index * COUNTS_BYTES
  writeUint32(memory, to, counts.leg << 24)
  writeUint32(memory, to + 4, counts.received)
  writeUint32(memory, to + 8, counts.lost)
  writeUint64(memory, to + 12, counts.bytes)
  writeUint32(memory, to + 20, counts.marked)
  writeUint32(memory, to + 24, counts.latestUs)
  writeUint32(memory, to + 28, counts.delayUs)
}

export function readCounts(memory: Uint8Array, at: number, index: number, into: LegCounts): void {
  const from = at + CONTROL_LEAD_BYTES + index * COUNTS_BYTES
  into.leg = memory[from]!
  into.received = readUint32(memory, from + 4)
  into.lost = readUint32(memory, from + 8)
  into.bytes = readUint64(memory, from + 12)
  into.marked = readUint32(memory, from + 20)
  into.latestUs = readUint32(memory, from + 24)
  into.delayUs = readUint32(memory, from + 28)
}

export function writeOrder(
  memory: Uint8Array,
  at: number,
  index: number,
  order: Readonly<WireOrder>,
): void {
  const to = at + CONTROL_LEAD_BYTES + index * ORDER_BYTES
  const flags = order.spared ? SPARED : 0
  writeUint32(memory, to, ((order.leg << 24) | (order.priority << 16) | (flags << 8)) >>> 0)
  writeUint32(memory, to + 4, order.kbps)
  writeUint32(memory, to + 8, order.besideKbps)
}

export function readOrder(memory: Uint8Array, at: number, index: number, into: WireOrder): void {
  const from = at + CONTROL_LEAD_BYTES + index * ORDER_BYTES
  into.leg = memory[from]!
  into.priority = Math.min(PRIORITY_MAX, memory[from + 1]!)
  into.spared = (memory[from + 2]! & SPARED) !== 0
  into.kbps = readUint32(memory, from + 4)
  into.besideKbps = readUint32(memory, from + 8)
}

export const CONTROL_LEAD_BYTES = 8
/** With the question's Send Time. */
export const REPLY_BYTES = CONTROL_LEAD_BYTES + 4
export const COUNTS_BYTES = 32
export const ORDER_BYTES = 12
const PRIORITY_MAX = 15
const SPARED = 1
