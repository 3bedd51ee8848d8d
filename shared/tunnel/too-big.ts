/**
 * What a sender is told whose packet fits on no leg.
 */

import type { Pinned } from '../linux/pinned.ts'
import { icmpTooBig } from '../wire/icmp-too-big.ts'
import { PACKET_HEADROOM_BYTES } from './batch.ts'
import type { TunnelSession } from './session.ts'

/**
 * Write the ICMP error for the packet of `bytes` that stands behind the headroom in its place: its length, or
 * 0 for a packet that must not be answered. `own4` and `own6` are who says it, 16 bytes each.
 */
export function answerTooBig(
  { legs }: TunnelSession,
  packet: Pinned,
  bytes: number,
  own4: Uint8Array,
  own6: Uint8Array,
): number {
  const most = legs.longestBytes
  const said = packet.bytes.subarray(PACKET_HEADROOM_BYTES, PACKET_HEADROOM_BYTES + bytes)
  const router = said[0]! >> 4 === 4 ? own4.subarray(12) : own6
  const answer = most === 0 ? undefined : icmpTooBig(said, most, router)
  if (answer === undefined) return 0
  packet.bytes.set(answer, PACKET_HEADROOM_BYTES)
  return answer.length
}
