/**
 * Connection tracking: who is behind an address that the kernel has translated to.
 */
import { decodeOriginalSource, encodeReplyQuery } from '../wire/conntrack-reply.ts'
import { CONNTRACK_GET } from '../wire/conntrack-tuple.ts'
import type { Endpoint } from '../wire/mptcp-pm.ts'
import type { NetlinkSocket } from './netlink.ts'

/**
 * Who has begun the flow whose packets go from `from` to `to` once they are translated: 16 bytes; undefined where
 * nobody knows. `netfilter` is a `Netlink.netfilter` socket.
 */
export function originalSource(
  netfilter: NetlinkSocket,
  protocol: number,
  from: Endpoint,
  to: Endpoint,
): Uint8Array | undefined {
  let source: Uint8Array | undefined
  netfilter.ask(CONNTRACK_GET, 0, encodeReplyQuery(protocol, to, from), (body) => {
    source = decodeOriginalSource(body)
  })
  return source
}
