/**
 * The addresses an interface has.
 */
import type { Prefix } from '../wire/address.ts'
import { FLAG_CREATE, FLAG_REPLACE } from '../wire/netlink.ts'
import {
  decodeLinkAddress,
  encodeAddressesQuery,
  encodeNewAddress,
  type LinkAddress,
  RTM_GETADDR,
  RTM_NEWADDR,
} from '../wire/rtnetlink.ts'
import type { NetlinkSocket } from './netlink.ts'

/**
 * Addresses of both families that new connections may start from: global, and neither tentative nor
 * deprecated. Empty when the interface is gone. IPv4 comes first, otherwise in the kernel's order.
 */
export function usableAddresses(route: NetlinkSocket, ifIndex: number): LinkAddress[] {
  return route
    .list(RTM_GETADDR, encodeAddressesQuery(ifIndex), decodeLinkAddress)
    .filter(({ index, global, usable }) => index === ifIndex && global && usable)
}

/** Give the interface that address, unless it has it already. 0 or `-errno`. */
export function giveAddress(route: NetlinkSocket, ifIndex: number, own: Prefix): number {
  return route.ask(RTM_NEWADDR, FLAG_CREATE | FLAG_REPLACE, encodeNewAddress(ifIndex, own))
}
