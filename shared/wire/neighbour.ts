/**
 * rtnetlink about neighbours: which hardware answers for an address on a link (ARP, RFC 826; RFC 4861).
 *
 *   struct ndmsg   family u8, pad u8, pad u16, index s32, state u16, flags u8, type u8
 *
 * (include/uapi/linux/neighbour.h)
 */
import { isIpv4 } from './address.ts'
import { decodeAttributes, encodeBody, viewOf } from './netlink.ts'

/** The body of RTM_GETNEIGH for one address (16 bytes) on one interface. ENOENT where there is none. */
export function encodeNeighbourQuery(ifIndex: number, address: Uint8Array): Uint8Array {
  const structure = new Uint8Array(NDMSG_BYTES)
  structure[0] = isIpv4(address) ? AF_INET : AF_INET6
  viewOf(structure).setUint32(4, ifIndex, true)
  return encodeBody(structure, [[NDA_DST, isIpv4(address) ? address.subarray(12) : address]])
}

/** The hardware address; undefined while nobody has answered for it. */
export function decodeNeighbour(body: Uint8Array): Uint8Array | undefined {
  return body.length < NDMSG_BYTES
    ? undefined
    : decodeAttributes(body, NDMSG_BYTES).get(NDA_LLADDR)?.slice()
}

export const RTM_GETNEIGH = 30

const AF_INET = 2
const AF_INET6 = 10
const NDMSG_BYTES = 12
const NDA_DST = 1
const NDA_LLADDR = 2
