/**
 * rtnetlink about interfaces: what they are, what they have carried, which addresses they have.
 *
 *   struct ifinfomsg      family u8, pad u8, type u16, index s32, flags u32, change u32
 *   struct ifaddrmsg      family u8, prefix length u8, flags u8, scope u8, index u32
 *   struct if_stats_msg   family u8, pad u8, pad u16, index u32, filter mask u32
 *
 * Each is followed by attributes. Routes and rules have files of their own.
 * (include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h)
 */
import { isIpv4, type Prefix } from './address.ts'
import {
  cString,
  decodeAttributes,
  encodeBody,
  type NetlinkMessage,
  number,
  text,
  viewOf,
} from './netlink.ts'

/** An interface as the kernel describes it. */
export interface Link {
  readonly index: number
  readonly name: string
  /** Somebody switched it on (IFF_UP). */
  readonly up: boolean
  /** There is a line behind it (IFF_LOWER_UP). */
  readonly carrier: boolean
  /** Up, carrier, and the driver says it passes packets (IFF_RUNNING). */
  readonly running: boolean
  readonly mtuBytes: number
}

/** What an interface has carried since it was made; exact up to 9 PB. */
export interface LinkCounters {
  readonly index: number
  readonly rxPackets: number
  readonly txPackets: number
  readonly rxBytes: number
  readonly txBytes: number
  readonly rxErrors: number
  readonly txErrors: number
  readonly rxDropped: number
  readonly txDropped: number
}

/** An address of an interface. */
export interface LinkAddress {
  readonly index: number
  /** 16 bytes, IPv4 mapped. */
  readonly address: Uint8Array
  /** 0 to 128, counted in the mapped space: an IPv4 /24 is 120. */
  readonly bits: number
  /** Reaches beyond the link (RT_SCOPE_UNIVERSE). */
  readonly global: boolean
  /** May be used as a source for new connections: neither tentative, nor failed, nor deprecated. */
  readonly usable: boolean
}

/** RTM_GETLINK for one interface. */
export function encodeLinkQuery(name: string): Uint8Array {
  return encodeBody(new Uint8Array(LINK_BYTES), [[IFLA_IFNAME, cString(name)]])
}

/** RTM_GETLINK for all interfaces (a dump). */
export function encodeLinksQuery(): Uint8Array {
  return new Uint8Array(LINK_BYTES)
}

/** The body of RTM_NEWLINK or RTM_DELLINK; undefined when it is too short or has no name. */
export function decodeLink(body: Uint8Array): Link | undefined {
  if (body.length < LINK_BYTES) return undefined
  const view = viewOf(body)
  const attributes = decodeAttributes(body, LINK_BYTES)
  const name = text(attributes.get(IFLA_IFNAME))
  if (name === undefined) return undefined

  const flags = view.getUint32(8, true)
  return {
    index: view.getInt32(4, true),
    name,
    up: (flags & IFF_UP) !== 0,
    carrier: (flags & IFF_LOWER_UP) !== 0,
    running: (flags & IFF_RUNNING) !== 0,
    mtuBytes: number(attributes.get(IFLA_MTU)) ?? 0,
  }
}

/** RTM_GETSTATS of one interface: a tenth of what RTM_GETLINK would have the kernel gather. */
export function encodeCountersQuery(index: number): Uint8Array {
  const bytes = new Uint8Array(STATS_BYTES)
  const view = viewOf(bytes)
  view.setUint32(4, index, true)
  view.setUint32(8, FILTER_LINK_64, true)
  return bytes
}

/** The body of RTM_NEWSTATS; undefined when it has no 64-bit counters. */
export function decodeCounters(body: Uint8Array): LinkCounters | undefined {
  if (body.length < STATS_BYTES) return undefined
  const counters = decodeAttributes(body, STATS_BYTES).get(IFLA_STATS_LINK_64)
  if (counters === undefined || counters.length < COUNTERS_BYTES) return undefined

  const view = viewOf(counters)
  const counter = (position: number) => Number(view.getBigUint64(position * 8, true))
  return {
    index: viewOf(body).getUint32(4, true),
    rxPackets: counter(0),
    txPackets: counter(1),
    rxBytes: counter(2),
    txBytes: counter(3),
    rxErrors: counter(4),
    txErrors: counter(5),
    rxDropped: counter(6),
    txDropped: counter(7),
  }
}

/** RTM_GETADDR (a dump) of one interface, both families. The kernel filters on a strict socket. */
export function encodeAddressesQuery(index: number): Uint8Array {
  const bytes = new Uint8Array(ADDRESS_BYTES)
  viewOf(bytes).setUint32(4, index, true)
  return bytes
}

/** The body of RTM_NEWADDR or RTM_DELADDR; undefined when it has no address we can use. */
export function decodeLinkAddress(body: Uint8Array): LinkAddress | undefined {
  if (body.length < ADDRESS_BYTES) return undefined
  const attributes = decodeAttributes(body, ADDRESS_BYTES)
  // On point-to-point links IFA_ADDRESS is the far end and IFA_LOCAL is us.
  const address = mapped(attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS))
  if (address === undefined) return undefined

  const view = viewOf(body)
  const flags = number(attributes.get(IFA_FLAGS)) ?? view.getUint8(2)
  return {
    index: view.getUint32(4, true),
    address,
    bits: view.getUint8(1) + (view.getUint8(0) === AF_INET ? MAPPED_BITS : 0),
    global: view.getUint8(3) === RT_SCOPE_UNIVERSE,
    usable: (flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED)) === 0,
  }
}

/** RTM_NEWADDR: this address for that interface, at once usable (IPv6: nobody is asked whether it is free). */
export function encodeNewAddress(index: number, { address, bits }: Prefix): Uint8Array {
  const ipv4 = isIpv4(address)
  const header = new Uint8Array(ADDRESS_BYTES)
  header[0] = ipv4 ? AF_INET : AF_INET6
  header[1] = ipv4 ? bits - MAPPED_BITS : bits
  header[2] = ipv4 ? 0 : IFA_F_NODAD
  viewOf(header).setUint32(4, index, true)
  const value = ipv4 ? address.subarray(12) : address
  return encodeBody(header, [
    [IFA_LOCAL, value],
    [IFA_ADDRESS, value],
  ])
}

/** Whether a message from the change groups is about interfaces, addresses or routes. */
export function changedThing(message: NetlinkMessage): 'link' | 'address' | 'route' | undefined {
  switch (message.type) {
    case RTM_NEWLINK:
    case RTM_DELLINK:
      return 'link'
    case RTM_NEWADDR:
    case RTM_DELADDR:
      return 'address'
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return 'route'
    default:
      return undefined
  }
}

/** An address as netlink carries it (4 or 16 bytes) in the 16 bytes we carry. */
export function mapped(value: Uint8Array | undefined): Uint8Array | undefined {
  if (value?.length === 16) return value.slice()
  if (value?.length !== 4) return undefined
  const bytes = new Uint8Array(16)
  bytes.set(MAPPED_PREFIX)
  bytes.set(value, 12)
  return bytes
}

export const RTM_NEWLINK = 16
const RTM_DELLINK = 17
export const RTM_GETLINK = 18
export const RTM_NEWADDR = 20
export const RTM_DELADDR = 21
export const RTM_GETADDR = 22
export const RTM_NEWROUTE = 24
export const RTM_DELROUTE = 25
export const RTM_GETROUTE = 26
export const RTM_NEWRULE = 32
export const RTM_DELRULE = 33
export const RTM_GETRULE = 34
export const RTM_GETSTATS = 94

/** Multicast groups: what changes. */
export const ChangeGroup = {
  link: 1,
  ipv4Address: 5,
  ipv4Route: 7,
  ipv6Address: 9,
  ipv6Route: 11,
} as const

/** How many bits of a mapped address stand before the IPv4 ones. */
export const MAPPED_BITS = 96

const LINK_BYTES = 16
const IFLA_IFNAME = 3
const IFLA_MTU = 4
const IFF_UP = 0x1
const IFF_RUNNING = 0x40
const IFF_LOWER_UP = 0x10000

const STATS_BYTES = 12
const IFLA_STATS_LINK_64 = 1
const FILTER_LINK_64 = 1 << (IFLA_STATS_LINK_64 - 1)
/** The first eight of the 25 counters. */
const COUNTERS_BYTES = 8 * 8

const ADDRESS_BYTES = 8
const IFA_ADDRESS = 1
const IFA_LOCAL = 2
const IFA_FLAGS = 8
const IFA_F_NODAD = 0x02
const IFA_F_DADFAILED = 0x08
const IFA_F_DEPRECATED = 0x20
const IFA_F_TENTATIVE = 0x40
const RT_SCOPE_UNIVERSE = 0
const AF_INET = 2
const AF_INET6 = 10
const MAPPED_PREFIX = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff)
