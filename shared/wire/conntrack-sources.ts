/**
 * ctnetlink: the tracked flows that one address has begun, and how the tracker forgets one of them.
 *
 *   CTA_TUPLE_ORIG      nest    its source, and the filter that asks for no other part
 *
 * A kernel that knows the filter for lists may not know it for deletions (before Linux 6.8), so flows are
 * listed by their source and deleted one by one.
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import { isIpv4 } from './address.ts'
import {
  CTA_TUPLE_ORIG,
  familyHeader,
  filterNest,
  ipNest,
  NFGENMSG_BYTES,
  tupleIn,
} from './conntrack-tuple.ts'
import { decodeAttributes, encodeBody, nest } from './netlink.ts'

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
  if (!isIpv4(source)) return encodeBody(familyHeader('ipv6'), [])
  return encodeBody(familyHeader('ipv4'), [
    nest(CTA_TUPLE_ORIG, [ipNest({ source })]),
    filterNest(BY_SOURCE),
  ])
}

/** Undefined for what names no source. */
export function decodeTrackedFlow(body: Uint8Array): TrackedFlow | undefined {
  const [family] = body
  if (family === undefined || body.length < NFGENMSG_BYTES) return undefined
  const attributes = decodeAttributes(body, NFGENMSG_BYTES)
  const tuple = attributes.get(CTA_TUPLE_ORIG)
  const { source } = tupleIn(attributes, CTA_TUPLE_ORIG)
  if (tuple === undefined || source === undefined) return undefined
  const removal = encodeBody(Uint8Array.of(family, 0, 0, 0), [[CTA_TUPLE_ORIG | NESTED, tuple]])
  return { source, removal }
}

const NESTED = 0x8000
/** The kernel's own (nf_internals.h). */
const BY_SOURCE = 1 << 0
