/**
 * Connection tracking: forget flows that were bound to a line, so that their next packet is routed
 * and translated anew.
 */
import { CONNTRACK_DELETE, encodeDeleteByMark, TRANSLATED } from '../wire/ctnetlink.ts'
import type { NetlinkSocket } from './netlink.ts'

/**
 * Delete all entries with `(ct mark & mask) === value`, both families: every one, or those that began
 * here and were translated to an address of ours. 0, also when there were none, or `-errno`. `netfilter`
 * is a `Netlink.netfilter` socket.
 */
export function deleteConntrackByMark(
  netfilter: NetlinkSocket,
  value: number,
  mask: number,
  which: 'all' | 'translated',
): number {
  const status = which === 'all' ? 0 : TRANSLATED
  return netfilter.ask(CONNTRACK_DELETE, 0, encodeDeleteByMark(value, mask, status))
}
