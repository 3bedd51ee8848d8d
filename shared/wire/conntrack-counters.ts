/**
 * ctnetlink: what a tracked TCP connection has carried, and for whom.
 *
 *   CTA_TUPLE_ORIG      nest    whose they are (conntrack-tuple.ts)
 *   CTA_COUNTERS_ORIG   nest    CTA_COUNTERS_PACKETS be64, CTA_COUNTERS_BYTES be64
 *   CTA_COUNTERS_REPLY  nest    the same
 *
 * Counters stand there while net.netfilter.nf_conntrack_acct is 1. A dump by `CONNTRACK_GET_AND_ZERO` takes them out
 * of what it lists, so that every byte is told once.
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import {
  CTA_TUPLE_ORIG,
  familyHeader,
  filterNest,
  NFGENMSG_BYTES,
  protocolNest,
  tupleIn,
} from './conntrack-tuple.ts'
import type { Endpoint } from './mptcp-pm.ts'
import {
  type Attributes,
  decodeAttributes,
  encodeBody,
  nest,
  nestedAttributes,
  viewOf,
} from './netlink.ts'

/** Since it was last taken out, or since the connection began. */
export interface Counted {
  readonly packets: number
  /** Of IP packets, headers included, as the tracker saw them (core/merged-packets.ts). */
  readonly bytes: number
}

export interface CountedConnection {
  /** Who opened it. */
  readonly source: Endpoint
  /** Whom it was opened to, before any translation. */
  readonly destination: Endpoint
  /** From the one who opened it. */
  readonly original: Counted
  readonly reply: Counted
}

/** The body of a dump of all TCP connections of a family to `port`. */
export function encodeCountersQuery(family: 'ipv4' | 'ipv6', port: number): Uint8Array {
  return encodeBody(familyHeader(family), [
    nest(CTA_TUPLE_ORIG, [protocolNest(TCP, { destination: port })]),
    filterNest(BY_PROTOCOL | BY_DESTINATION_PORT),
  ])
}

/** Undefined for what is not TCP, has no counters, or carried nothing. */
export function decodeCounters(body: Uint8Array): CountedConnection | undefined {
  if (body.length < NFGENMSG_BYTES) return undefined
  const attributes = decodeAttributes(body, NFGENMSG_BYTES)
  const tuple = tupleIn(attributes, CTA_TUPLE_ORIG)
  if (tuple.protocol !== TCP) return undefined
  const { source, destination, sourcePort, destinationPort: port } = tuple
  if (source === undefined || destination === undefined) return undefined
  if (sourcePort === undefined || port === undefined) return undefined
  const original = countersOf(attributes, CTA_COUNTERS_ORIG)
  const reply = countersOf(attributes, CTA_COUNTERS_REPLY)
  if (original.packets + reply.packets === 0) return undefined
  return {
    source: { address: source, port: sourcePort },
    destination: { address: destination, port },
    original,
    reply,
  }
}

function countersOf(attributes: Attributes, type: number): Counted {
  const counters = nestedAttributes(attributes, type)
  return {
    packets: wide(counters.get(CTA_COUNTERS_PACKETS)),
    bytes: wide(counters.get(CTA_COUNTERS_BYTES)),
  }
}

function wide(value: Uint8Array | undefined): number {
  return value?.length === 8 ? Number(viewOf(value).getBigUint64(0)) : 0
}

/** NFNL_SUBSYS_CTNETLINK in the high byte, IPCTNL_MSG_CT_GET_CTRZERO in the low one. */
export const CONNTRACK_GET_AND_ZERO = (1 << 8) | 3
/** The kernel's word that a connection is forgotten, with its last counters. */
export const CONNTRACK_DESTROYED = (1 << 8) | 2
/** NFNLGRP_CONNTRACK_DESTROY: where it is told. */
export const CONNTRACK_DESTROY_GROUP = 3

const TCP = 6
const CTA_COUNTERS_ORIG = 9
const CTA_COUNTERS_REPLY = 10
const CTA_COUNTERS_PACKETS = 1
const CTA_COUNTERS_BYTES = 2
/** The kernel's own (nf_internals.h). */
const BY_PROTOCOL = 1 << 3
const BY_DESTINATION_PORT = 1 << 5
