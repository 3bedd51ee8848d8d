/**
 * ctnetlink: what a tracked TCP connection has carried, and for whom.
 *
 *   struct nfgenmsg             family u8, version u8, resource be16
 *   CTA_TUPLE_ORIG      nest    CTA_TUPLE_IP { source, destination }, CTA_TUPLE_PROTO { number, ports }
 *   CTA_COUNTERS_ORIG   nest    CTA_COUNTERS_PACKETS be64, CTA_COUNTERS_BYTES be64
 *   CTA_COUNTERS_REPLY  nest    the same
 *   CTA_FILTER          nest    CTA_FILTER_ORIG_FLAGS u32: which parts of the tuple a dump shall look at
 *
 * Counters stand there while net.netfilter.nf_conntrack_acct is 1. A dump by `CONNTRACK_GET_AND_ZERO` takes them out
 * of what it lists, so that every byte is told once.
 * (include/uapi/linux/netfilter/nfnetlink_conntrack.h)
 */
import type { Endpoint } from './mptcp-pm.ts'
import {
  type Attributes,
  decodeAttributes,
  encodeBody,
  nest,
  nestedAttributes,
  numberBe,
  u8,
  u32,
  viewOf,
} from './netlink.ts'
import { mapped } from './rtnetlink.ts'

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
  const protocol = nest(CTA_TUPLE_PROTO, [
    [CTA_PROTO_NUM, u8(TCP)],
    [CTA_PROTO_DST_PORT, Uint8Array.of(port >> 8, port & 0xff)],
  ])
  return encodeBody(Uint8Array.of(family === 'ipv4' ? AF_INET : AF_INET6, 0, 0, 0), [
    nest(CTA_TUPLE_ORIG, [protocol]),
    nest(CTA_FILTER, [
      [CTA_FILTER_ORIG_FLAGS, u32(BY_PROTOCOL | BY_DESTINATION_PORT)],
      [CTA_FILTER_REPLY_FLAGS, u32(0)],
    ]),
  ])
}

/** Undefined for what is not TCP, has no counters, or carried nothing. */
export function decodeCounters(body: Uint8Array): CountedConnection | undefined {
  if (body.length < NFGENMSG_BYTES) return undefined
  const attributes = decodeAttributes(body, NFGENMSG_BYTES)
  const tuple = nestedAttributes(attributes, CTA_TUPLE_ORIG)
  const protocol = nestedAttributes(tuple, CTA_TUPLE_PROTO)
  if (protocol.get(CTA_PROTO_NUM)?.[0] !== TCP) return undefined
  const ip = nestedAttributes(tuple, CTA_TUPLE_IP)
  const source = mapped(ip.get(CTA_IP_V6_SRC) ?? ip.get(CTA_IP_V4_SRC))
  const destination = mapped(ip.get(CTA_IP_V6_DST) ?? ip.get(CTA_IP_V4_DST))
  const sourcePort = numberBe(protocol.get(CTA_PROTO_SRC_PORT))
  const port = numberBe(protocol.get(CTA_PROTO_DST_PORT))
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

const NFGENMSG_BYTES = 4
const AF_INET = 2
const AF_INET6 = 10
const TCP = 6
const CTA_TUPLE_ORIG = 1
const CTA_COUNTERS_ORIG = 9
const CTA_COUNTERS_REPLY = 10
const CTA_FILTER = 25
const CTA_FILTER_ORIG_FLAGS = 1
const CTA_FILTER_REPLY_FLAGS = 2
const CTA_TUPLE_IP = 1
const CTA_TUPLE_PROTO = 2
const CTA_IP_V4_SRC = 1
const CTA_IP_V4_DST = 2
const CTA_IP_V6_SRC = 3
const CTA_IP_V6_DST = 4
const CTA_PROTO_NUM = 1
const CTA_PROTO_SRC_PORT = 2
const CTA_PROTO_DST_PORT = 3
const CTA_COUNTERS_PACKETS = 1
const CTA_COUNTERS_BYTES = 2
/** The kernel's own (nf_internals.h). */
const BY_PROTOCOL = 1 << 3
const BY_DESTINATION_PORT = 1 << 5
