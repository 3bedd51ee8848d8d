/**
 * ctnetlink: how a flow that was tracked is translated, when it begins and when it is forgotten.
 *
 *   CTA_TUPLE_ORIG     nest    who began it, and towards whom
 *   CTA_TUPLE_REPLY    nest    the answers' own: they go to the address and port that the flow leaves from
 *
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import type { Endpoint } from './mptcp-pm.ts'
import { type Attributes, decodeAttributes, nestedAttributes, numberBe } from './netlink.ts'
import { mapped } from './rtnetlink.ts'

/** Ports are 0 where the protocol has none; of an echo they are its identifier. */
export interface TranslatedFlow {
  /** Number of the protocol, as in the IP header. */
  readonly protocol: number
  readonly source: Endpoint
  readonly destination: Endpoint
  /** What the destination sees. */
  readonly outside: Endpoint
}

/** Undefined for what is no such message. */
export function decodeTranslation(body: Uint8Array): TranslatedFlow | undefined {
  if (body.length < NFGENMSG_BYTES) return undefined
  const attributes = decodeAttributes(body, NFGENMSG_BYTES)
  const original = tupleIn(nestedAttributes(attributes, CTA_TUPLE_ORIG))
  const reply = tupleIn(nestedAttributes(attributes, CTA_TUPLE_REPLY))
  if (original === undefined || reply === undefined) return undefined
  const { protocol, source, destination } = original
  return { protocol, source, destination, outside: reply.destination }
}

function tupleIn(
  tuple: Attributes,
): { protocol: number; source: Endpoint; destination: Endpoint } | undefined {
  const ip = nestedAttributes(tuple, CTA_TUPLE_IP)
  const ports = nestedAttributes(tuple, CTA_TUPLE_PROTO)
  const protocol = ports.get(CTA_PROTO_NUM)?.[0]
  const source = mapped(ip.get(CTA_IP_V6_SRC) ?? ip.get(CTA_IP_V4_SRC))
  const destination = mapped(ip.get(CTA_IP_V6_DST) ?? ip.get(CTA_IP_V4_DST))
  if (protocol === undefined || source === undefined || destination === undefined) return undefined
  const id = numberBe(ports.get(CTA_PROTO_ICMP_ID) ?? ports.get(CTA_PROTO_ICMPV6_ID)) ?? 0
  return {
    protocol,
    source: { address: source, port: numberBe(ports.get(CTA_PROTO_SRC_PORT)) ?? id },
    destination: { address: destination, port: numberBe(ports.get(CTA_PROTO_DST_PORT)) ?? id },
  }
}

/** The kernel's word that a flow has begun; that one is forgotten is CONNTRACK_DESTROYED. */
export const CONNTRACK_BEGUN = (1 << 8) | 0
/** NFNLGRP_CONNTRACK_NEW: where it is told. */
export const CONNTRACK_NEW_GROUP = 1

const NFGENMSG_BYTES = 4
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
const CTA_PROTO_ICMP_ID = 4
const CTA_PROTO_ICMPV6_ID = 7
