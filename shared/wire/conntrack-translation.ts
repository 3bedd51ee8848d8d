/**
 * ctnetlink: how a flow that was tracked is translated, when it begins and when it is forgotten.
 *
 *   CTA_TUPLE_ORIG     nest    who began it, and towards whom
 *   CTA_TUPLE_REPLY    nest    the answers' own: they go to the address and port that the flow leaves from
 *
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import { CTA_TUPLE_ORIG, CTA_TUPLE_REPLY, NFGENMSG_BYTES, tupleIn } from './conntrack-tuple.ts'
import type { Endpoint } from './mptcp-pm.ts'
import { type Attributes, decodeAttributes } from './netlink.ts'

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
  const original = endsOf(attributes, CTA_TUPLE_ORIG)
  const reply = endsOf(attributes, CTA_TUPLE_REPLY)
  if (original === undefined || reply === undefined) return undefined
  const { protocol, source, destination } = original
  return { protocol, source, destination, outside: reply.destination }
}

function endsOf(attributes: Attributes, type: number): Omit<TranslatedFlow, 'outside'> | undefined {
  const tuple = tupleIn(attributes, type)
  const { protocol, source, destination, identifier = 0 } = tuple
  if (protocol === undefined || source === undefined || destination === undefined) return undefined
  return {
    protocol,
    source: { address: source, port: tuple.sourcePort ?? identifier },
    destination: { address: destination, port: tuple.destinationPort ?? identifier },
  }
}

/** The kernel's word that a flow has begun; that one is forgotten is CONNTRACK_DESTROYED. */
export const CONNTRACK_BEGUN = (1 << 8) | 0
/** NFNLGRP_CONNTRACK_NEW: where it is told. */
export const CONNTRACK_NEW_GROUP = 1
