/**
 * Sets of addresses in nftables that somebody else fills.
 */
import { encodeAddressQuery, NFT_MSG_GETSETELEM } from '../wire/nf-tables.ts'
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
