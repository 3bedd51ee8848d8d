/**
 * ctnetlink: who has begun a flow that was translated, by what its replies look like.
 *
 *   struct nfgenmsg             family u8, version u8, resource be16
 *   CTA_TUPLE_REPLY     nest    CTA_TUPLE_IP { source, destination }, CTA_TUPLE_PROTO { number, ports }
 *   CTA_TUPLE_ORIG      nest    the same, in the answer: the source is whom we look for
 *
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import { isIpv4 } from './address.ts'
import type { Endpoint } from './mptcp-pm.ts'
import { decodeAttributes, encodeBody, nest, nestedAttributes, u8 } from './netlink.ts'
import { mapped } from './rtnetlink.ts'

/** The body of a question for the flow of this protocol (one with ports) that is answered from `source` to `destination`. */
export function encodeReplyQuery(
  protocol: number,
  source: Endpoint,
  destination: Endpoint,
): Uint8Array {
  const [family, sourceType, destinationType] = isIpv4(source.address)
    ? ([AF_INET, CTA_IP_V4_SRC, CTA_IP_V4_DST] as const)
    : ([AF_INET6, CTA_IP_V6_SRC, CTA_IP_V6_DST] as const)
  return encodeBody(Uint8Array.of(family, 0, 0, 0), [
    nest(CTA_TUPLE_REPLY, [
      nest(CTA_TUPLE_IP, [
        [sourceType, bare(source.address)],
        [destinationType, bare(destination.address)],
      ]),
      nest(CTA_TUPLE_PROTO, [
        [CTA_PROTO_NUM, u8(protocol)],
        [CTA_PROTO_SRC_PORT, portBytes(source)],
        [CTA_PROTO_DST_PORT, portBytes(destination)],
      ]),
    ]),
  ])
}

/** Who has begun it: 16 bytes, a copy. */
export function decodeOriginalSource(body: Uint8Array): Uint8Array | undefined {
  if (body.length < NFGENMSG_BYTES) return undefined
  const attributes = decodeAttributes(body, NFGENMSG_BYTES)
  const ip = nestedAttributes(nestedAttributes(attributes, CTA_TUPLE_ORIG), CTA_TUPLE_IP)
  return mapped(ip.get(CTA_IP_V6_SRC) ?? ip.get(CTA_IP_V4_SRC))?.slice()
}

function bare(address: Uint8Array): Uint8Array {
  return isIpv4(address) ? address.subarray(12) : address
}

function portBytes({ port }: Endpoint): Uint8Array {
  return Uint8Array.of(port >> 8, port & 0xff)
}

/** NFNL_SUBSYS_CTNETLINK in the high byte, IPCTNL_MSG_CT_GET in the low one. ENOENT where there is none. */
export const CONNTRACK_GET_ONE = (1 << 8) | 1

const NFGENMSG_BYTES = 4
const AF_INET = 2
const AF_INET6 = 10
const CTA_TUPLE_ORIG = 1
const CTA_TUPLE_REPLY = 2
const CTA_TUPLE_IP = 1
const CTA_TUPLE_PROTO = 2
const CTA_IP_V4_SRC = 1
const CTA_IP_V4_DST = 2
const CTA_IP_V6_SRC = 3
const CTA_IP_V6_DST = 4
const CTA_PROTO_NUM = 1
const CTA_PROTO_SRC_PORT = 2
const CTA_PROTO_DST_PORT = 3
