/**
 * Connection tracking: forget flows that were bound to a line, so that their next packet is routed
 * and translated anew.
 */
import { type Prefix, prefixContains } from '../wire/address.ts'
import { decodeTrackedFlow, encodeSourceQuery } from '../wire/conntrack-sources.ts'
import { CONNTRACK_GET } from '../wire/conntrack-tuple.ts'
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

/** Delete the entries of all flows that somebody in `sources` has begun, and say how many there were. */
export function deleteConntrackFrom(netfilter: NetlinkSocket, sources: readonly Prefix[]): number {
  let deleted = 0
  for (const source of sources) {
    const flows = netfilter.list(CONNTRACK_GET, encodeSourceQuery(source.address), (body) => {
      const flow = decodeTrackedFlow(body)
      return flow !== undefined && prefixContains(source, flow.source) ? flow : undefined
    })
    // One that has ended by itself meanwhile is gone as well.
    for (const { removal } of flows) {
      if (netfilter.ask(CONNTRACK_DELETE, 0, removal) === 0) deleted += 1
    }
  }
  return deleted
}
