/**
 * The addresses an interface has now.
 */
import {
  decodeLinkAddress,
  encodeAddressesQuery,
  type LinkAddress,
  RTM_GETADDR,
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
