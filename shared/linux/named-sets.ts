/**
 * Sets of addresses in nftables that somebody else fills, the kernel among them.
 */
import { FLAG_DUMP } from '../wire/netlink.ts'
import {
  decodeAddresses,
  encodeAddressQuery,
  encodeElementsFlush,
  NFT_MSG_GETSETELEM,
} from '../wire/nf-tables.ts'
import type { NetlinkSocket } from './netlink.ts'

/** Whether the set has the address; a set that is not there has none. `netfilter`: a `Netlink.netfilter` socket. */
export function isInSet(
  netfilter: NetlinkSocket,
  table: string,
  set: string,
  address: Uint8Array,
): boolean {
  return netfilter.ask(NFT_MSG_GETSETELEM, 0, encodeAddressQuery(table, set, address)) === 0
}

/** The addresses that are in the set now, or none where there is no such set. */
export function addressesIn(netfilter: NetlinkSocket, table: string, set: string): Uint8Array[] {
  const found: Uint8Array[] = []
  netfilter.ask(NFT_MSG_GETSETELEM, FLAG_DUMP, encodeElementsFlush({ table, map: set }), (body) => {
    found.push(...decodeAddresses(body))
  })
  return found
}
