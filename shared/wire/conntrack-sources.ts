/**
 * ctnetlink: the tracked flows that one address has begun, and how the tracker forgets one of them.
 *
 *   struct nfgenmsg             family u8, version u8, resource be16
 *   CTA_TUPLE_ORIG      nest    CTA_TUPLE_IP { source, destination }, CTA_TUPLE_PROTO
 *   CTA_FILTER          nest    CTA_FILTER_ORIG_FLAGS u32: which parts of the tuple a dump shall look at
 *
 * A kernel that knows the filter for lists may not know it for deletions (before Linux 6.8), so flows are
 * listed by their source and deleted one by one.
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import { isIpv4 } from './address.ts'
import { decodeAttributes, encodeBody, nest, nestedAttributes, u32 } from './netlink.ts'
import { mapped } from './rtnetlink.ts'

export interface TrackedFlow {
  /** Who began it, before any translation. */
  readonly source: Uint8Array
  /** The body of `CONNTRACK_DELETE` for this flow alone. */
  readonly removal: Uint8Array
}

/**
 * The body of a dump that holds all flows that `source` has begun: of IPv4 no others. Of IPv6 all there are, for
 * Linux (6.18) leaves out the very ones whose source is asked for.
 */
export function encodeSourceQuery(source: Uint8Array): Uint8Array {
  if (!isIpv4(source)) return encodeBody(Uint8Array.of(AF_INET6, 0, 0, 0), [])
  const ip = nest(CTA_TUPLE_IP, [[CTA_IP_V4_SRC, source.subarray(12)]])
  return encodeBody(Uint8Array.of(AF_INET, 0, 0, 0), [
    nest(CTA_TUPLE_ORIG, [ip]),
    nest(CTA_FILTER, [
      [CTA_FILTER_ORIG_FLAGS, u32(BY_SOURCE)],
      [CTA_FILTER_REPLY_FLAGS, u32(0)],
    ]),
  ])
}

/** Undefined for what names no source. */
export function decodeTrackedFlow(body: Uint8Array): TrackedFlow | undefined {
  const [family] = body
  if (family === undefined || body.length < NFGENMSG_BYTES) return undefined
  const attributes = decodeAttributes(body, NFGENMSG_BYTES)
  const tuple = attributes.get(CTA_TUPLE_ORIG)
  const ip = nestedAttributes(nestedAttributes(attributes, CTA_TUPLE_ORIG), CTA_TUPLE_IP)
  const source = mapped(ip.get(CTA_IP_V6_SRC) ?? ip.get(CTA_IP_V4_SRC))
  if (tuple === undefined || source === undefined) return undefined
  const removal = encodeBody(Uint8Array.of(family, 0, 0, 0), [[CTA_TUPLE_ORIG | NESTED, tuple]])
  return { source, removal }
}

/** NFNL_SUBSYS_CTNETLINK in the high byte, IPCTNL_MSG_CT_GET in the low one. */
export const CONNTRACK_GET = (1 << 8) | 1

const NFGENMSG_BYTES = 4
const AF_INET = 2
const AF_INET6 = 10
const NESTED = 0x8000
const CTA_TUPLE_ORIG = 1
const CTA_FILTER = 25
const CTA_FILTER_ORIG_FLAGS = 1
const CTA_FILTER_REPLY_FLAGS = 2
const CTA_TUPLE_IP = 1
const CTA_IP_V4_SRC = 1
const CTA_IP_V6_SRC = 3
/** The kernel's own (nf_internals.h). */
const BY_SOURCE = 1 << 0
