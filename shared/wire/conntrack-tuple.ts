/**
 * ctnetlink: the two ends of a tracked flow, as they stand in questions and answers.
 *
 *   struct nfgenmsg             family u8, version u8, resource be16
 *   CTA_TUPLE_ORIG      nest    CTA_TUPLE_IP { source, destination }, CTA_TUPLE_PROTO { number, ports or identifier }
 *   CTA_TUPLE_REPLY     nest    the same of the replies
 *   CTA_FILTER          nest    CTA_FILTER_ORIG_FLAGS u32: which parts of the tuple a dump shall look at
 *
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import { isIpv4 } from './address.ts'
import { type Attributes, nest, nestedAttributes, numberBe, u8, u32 } from './netlink.ts'
import { mapped } from './rtnetlink.ts'

/** Of what is not there: undefined. Addresses have 16 bytes, and lie in the message. */
export interface Tuple {
  /** Number of the protocol, as in the IP header. */
  readonly protocol: number | undefined
  readonly source: Uint8Array | undefined
  readonly destination: Uint8Array | undefined
  readonly sourcePort: number | undefined
  readonly destinationPort: number | undefined
  /** Of an echo. */
  readonly identifier: number | undefined
}

/** `type` is CTA_TUPLE_ORIG or CTA_TUPLE_REPLY. */
export function tupleIn(attributes: Attributes, type: number): Tuple {
  const tuple = nestedAttributes(attributes, type)
  const ip = nestedAttributes(tuple, CTA_TUPLE_IP)
  const ports = nestedAttributes(tuple, CTA_TUPLE_PROTO)
  return {
    protocol: ports.get(CTA_PROTO_NUM)?.[0],
    source: mapped(ip.get(CTA_IP_V6_SRC) ?? ip.get(CTA_IP_V4_SRC)),
    destination: mapped(ip.get(CTA_IP_V6_DST) ?? ip.get(CTA_IP_V4_DST)),
    sourcePort: numberBe(ports.get(CTA_PROTO_SRC_PORT)),
    destinationPort: numberBe(ports.get(CTA_PROTO_DST_PORT)),
    identifier: numberBe(ports.get(CTA_PROTO_ICMP_ID) ?? ports.get(CTA_PROTO_ICMPV6_ID)),
  }
}

/** struct nfgenmsg of a question about flows of a family. */
export function familyHeader(family: 'ipv4' | 'ipv6'): Uint8Array {
  return Uint8Array.of(family === 'ipv4' ? AF_INET : AF_INET6, 0, 0, 0)
}

/** CTA_TUPLE_IP with one end or both. */
export function ipNest({ source, destination }: { source?: Uint8Array; destination?: Uint8Array }) {
  return nest(CTA_TUPLE_IP, [...ends(source, SOURCES), ...ends(destination, DESTINATIONS)])
}

/** CTA_TUPLE_PROTO with one port or both. */
export function protocolNest(
  protocol: number,
  { source, destination }: { source?: number; destination?: number },
) {
  return nest(CTA_TUPLE_PROTO, [
    [CTA_PROTO_NUM, u8(protocol)],
    ...port(source, CTA_PROTO_SRC_PORT),
    ...port(destination, CTA_PROTO_DST_PORT),
  ])
}

/** A dump shall look at these parts of the tuple by which the flow began, and at nothing of its replies. */
export function filterNest(bits: number) {
  return nest(CTA_FILTER, [
    [CTA_FILTER_ORIG_FLAGS, u32(bits)],
    [CTA_FILTER_REPLY_FLAGS, u32(0)],
  ])
}

type Types = readonly [ipv4: number, ipv6: number]

function ends(address: Uint8Array | undefined, [ipv4, ipv6]: Types) {
  if (address === undefined) return []
  return [isIpv4(address) ? ([ipv4, address.subarray(12)] as const) : ([ipv6, address] as const)]
}

function port(number: number | undefined, type: number) {
  return number === undefined ? [] : [[type, Uint8Array.of(number >> 8, number & 0xff)] as const]
}

/** NFNL_SUBSYS_CTNETLINK in the high byte, IPCTNL_MSG_CT_GET in the low one: of one flow, or of all (FLAG_DUMP). */
export const CONNTRACK_GET = (1 << 8) | 1
export const NFGENMSG_BYTES = 4
export const CTA_TUPLE_ORIG = 1
export const CTA_TUPLE_REPLY = 2
const AF_INET = 2
const AF_INET6 = 10
const CTA_FILTER = 25
const CTA_FILTER_ORIG_FLAGS = 1
const CTA_FILTER_REPLY_FLAGS = 2
const CTA_TUPLE_IP = 1
const CTA_TUPLE_PROTO = 2
const CTA_IP_V4_SRC = 1
const CTA_IP_V4_DST = 2
const CTA_IP_V6_SRC = 3
const CTA_IP_V6_DST = 4
const SOURCES: Types = [CTA_IP_V4_SRC, CTA_IP_V6_SRC]
const DESTINATIONS: Types = [CTA_IP_V4_DST, CTA_IP_V6_DST]
const CTA_PROTO_NUM = 1
const CTA_PROTO_SRC_PORT = 2
const CTA_PROTO_DST_PORT = 3
const CTA_PROTO_ICMP_ID = 4
const CTA_PROTO_ICMPV6_ID = 7
