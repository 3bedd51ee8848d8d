/**
 * nf_tables: the elements of a map from a peer (address and port) to a class of traffic control, whether an
 * address is in a set, and which are.
 *
 *    transaction    NFNL_MSG_BATCH_BEGIN, messages, NFNL_MSG_BATCH_END: all of it or nothing
 *    message        struct nfgenmsg (family u8, version u8, resource be16), then
 *                   table, map, list of elements
 *    element        key: address (4 or 16 bytes), port be16, 2 bytes of padding
 *                   data: class u32, in the machine's byte order
 *
 * The table and its maps are made by `nft` from text, which takes 20 ms on a process of its own; elements
 * come and go with subflows, and this takes a tenth of a millisecond.
 * (include/uapi/linux/netfilter/nfnetlink.h, nf_tables.h; net/netfilter/nf_tables_api.c)
 */
import { isIpv4 } from './address.ts'
import type { Endpoint } from './mptcp-pm.ts'
import {
  type Attribute,
  cString,
  decodeAttributes,
  eachAttribute,
  encodeBody,
  nest,
  nestedAttributes,
  u32,
} from './netlink.ts'
import { mapped } from './rtnetlink.ts'

/** A map `type ipv4_addr . inet_service : classid` (or `ipv6_addr`) in a table of family `inet`. */
export interface ClassMap {
  readonly table: string
  readonly map: string
}

/** The body of NFT_MSG_NEWSETELEM. An element that is there with another class is EEXIST. */
export function encodeElements(
  into: ClassMap,
  elements: ReadonlyArray<{ readonly peer: Endpoint; readonly handle: number }>,
): Uint8Array {
  return encodeList(
    into,
    elements.map(({ peer, handle }) => [keyOf(peer), nest(ELEM_DATA, [[DATA_VALUE, u32(handle)]])]),
  )
}

/** The body of NFT_MSG_DELSETELEM. One that is not there is ENOENT. */
export function encodeElementDelete(from: ClassMap, peers: readonly Endpoint[]): Uint8Array {
  return encodeList(
    from,
    peers.map((peer) => [keyOf(peer)]),
  )
}

/** The body of NFT_MSG_GETSETELEM: is the address in the set? One that is not is ENOENT. */
export function encodeAddressQuery(table: string, set: string, address: Uint8Array): Uint8Array {
  const bytes = isIpv4(address) ? address.subarray(12) : address
  return encodeBody(nfgenmsg(NFPROTO_INET, 0), [
    [LIST_TABLE, cString(table)],
    [LIST_SET, cString(set)],
    nest(LIST_ELEMENTS, [nest(LIST_ELEM, [nest(ELEM_KEY, [[DATA_VALUE, bytes]])])]),
  ])
}

/** The body of NFT_MSG_DELSETELEM for all there are, and of a dump by NFT_MSG_GETSETELEM. */
export function encodeElementsFlush({ table, map }: ClassMap): Uint8Array {
  return encodeBody(nfgenmsg(NFPROTO_INET, 0), [
    [LIST_TABLE, cString(table)],
    [LIST_SET, cString(map)],
  ])
}

/** The addresses in one answer to a dump of a set of addresses. */
export function decodeAddresses(body: Uint8Array): Uint8Array[] {
  const list = decodeAttributes(body, NFGENMSG_BYTES).get(LIST_ELEMENTS) ?? NOTHING
  const addresses: Uint8Array[] = []
  for (const element of eachAttribute(list)) {
    const key = nestedAttributes(decodeAttributes(element), ELEM_KEY)
    const address = mapped(key.get(DATA_VALUE))
    if (address !== undefined) addresses.push(address)
  }
  return addresses
}

function encodeList({ table, map }: ClassMap, elements: ReadonlyArray<readonly Attribute[]>) {
  if (elements.length > ELEMENTS_MAX) {
    throw new RangeError(`Cannot encode ${elements.length} elements: a list holds ${ELEMENTS_MAX}`)
  }
  return encodeBody(nfgenmsg(NFPROTO_INET, 0), [
    [LIST_TABLE, cString(table)],
    [LIST_SET, cString(map)],
    nest(
      LIST_ELEMENTS,
      elements.map((element) => nest(LIST_ELEM, element)),
    ),
  ])
}

function keyOf({ address, port }: Endpoint): Attribute {
  const bytes = isIpv4(address) ? address.subarray(12) : address
  const key = new Uint8Array(bytes.length + 4)
  key.set(bytes)
  key[bytes.length] = port >> 8
  key[bytes.length + 1] = port
  return nest(ELEM_KEY, [[DATA_VALUE, key]])
}

function nfgenmsg(family: number, resource: number): Uint8Array {
  return Uint8Array.of(family, 0, resource >> 8, resource)
}

/** NFNL_SUBSYS_NFTABLES: nf_tables takes nothing but transactions. */
export const NFTABLES = 10
export const NFT_MSG_NEWSETELEM = (NFTABLES << 8) | 12
export const NFT_MSG_GETSETELEM = (NFTABLES << 8) | 13
export const NFT_MSG_DELSETELEM = (NFTABLES << 8) | 14
/** Of 56 bytes at most: the list's length has 16 bits. */
export const ELEMENTS_MAX = 1_000

const NOTHING = new Uint8Array(0)
const NFGENMSG_BYTES = 4
const NFPROTO_INET = 1
const LIST_TABLE = 1
const LIST_SET = 2
const LIST_ELEMENTS = 3
const LIST_ELEM = 1
const ELEM_KEY = 1
const ELEM_DATA = 2
const DATA_VALUE = 1
