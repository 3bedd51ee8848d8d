/**
 * Who answers for an address on a link.
 */
import { decodeNeighbour, encodeNeighbourQuery, RTM_GETNEIGH } from '../wire/neighbour.ts'
import type { NetlinkSocket } from './netlink.ts'

/** The hardware behind `address` (16 bytes), as far as the kernel knows it. `route` is a `Netlink.route` socket. */
export function readNeighbour(
  route: NetlinkSocket,
  ifIndex: number,
  address: Uint8Array,
): Uint8Array | undefined {
  let hardware: Uint8Array | undefined
  route.ask(RTM_GETNEIGH, 0, encodeNeighbourQuery(ifIndex, address), (body) => {
    hardware = decodeNeighbour(body)
  })
  return hardware
}
