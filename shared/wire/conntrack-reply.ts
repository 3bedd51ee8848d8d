/**
 * ctnetlink: who has begun a flow that was translated, by what its replies look like.
 *
 *   CTA_TUPLE_REPLY     nest    asked for: from where the replies come, and whereto they go
 *   CTA_TUPLE_ORIG      nest    in the answer: its source is whom we look for
 *
 * `CONNTRACK_GET`; ENOENT where there is none. (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import { isIpv4 } from './address.ts'
import {
  CTA_TUPLE_ORIG,
  CTA_TUPLE_REPLY,
  familyHeader,
  ipNest,
  NFGENMSG_BYTES,
  protocolNest,
  tupleIn,
} from './conntrack-tuple.ts'
import type { Endpoint } from './mptcp-pm.ts'
import { decodeAttributes, encodeBody, nest } from './netlink.ts'

/** The body of a question for the flow of this protocol (one with ports) that is answered from `source` to `destination`. */
export function encodeReplyQuery(
  protocol: number,
  source: Endpoint,
  destination: Endpoint,
): Uint8Array {
  return encodeBody(familyHeader(isIpv4(source.address) ? 'ipv4' : 'ipv6'), [
    nest(CTA_TUPLE_REPLY, [
      ipNest({ source: source.address, destination: destination.address }),
      protocolNest(protocol, { source: source.port, destination: destination.port }),
    ]),
  ])
}

/** Who has begun it: 16 bytes, a copy. */
export function decodeOriginalSource(body: Uint8Array): Uint8Array | undefined {
  if (body.length < NFGENMSG_BYTES) return undefined
  return tupleIn(decodeAttributes(body, NFGENMSG_BYTES), CTA_TUPLE_ORIG).source?.slice()
}
