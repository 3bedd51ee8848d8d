/**
 * The addresses an interface has now.
 */
import { FLAG_DUMP } from '../wire/netlink.ts'
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
  const addresses: LinkAddress[] = []
  route.ask(RTM_GETADDR, FLAG_DUMP, encodeAddressesQuery(ifIndex), (body) => {
    const address = decodeLinkAddress(body)
    // The kernel filters too, but only kernels from 4.20 on.
    if (address?.index === ifIndex && address.global && address.usable) addresses.push(address)
  })
  return addresses
}
