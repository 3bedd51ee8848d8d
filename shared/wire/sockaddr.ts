/**
 * Socket addresses as the kernel lays them out: what bind, connect and getsockname speak.
 *
 *    AF_INET (16 bytes)    0 family   2 port   4 address   8 zero
 *    AF_INET6 (28 bytes)   0 family   2 port   4 flow info   8 address   24 scope id
 *    AF_NETLINK (12 bytes) 0 family   2 zero   4 port id   8 groups
 *
 * Port and address are in network order; family, scope id, port id and groups are in the host's,
 * which is little-endian on both platforms we run on (x64 and arm64).
 */
import { isIpv4 } from './address.ts'

/** For AF_INET6 sockets, which carry IPv4 as mapped addresses. `scopeId` is an interface index. */
export function encodeSockaddr6(address: Uint8Array, port: number, scopeId = 0): Uint8Array {
  const sockaddr = new Uint8Array(SOCKADDR6_BYTES)
  const view = new DataView(sockaddr.buffer)
  view.setUint16(0, AF_INET6, true)
  view.setUint16(2, port)
  sockaddr.set(address, 8)
  view.setUint32(24, scopeId, true)
  return sockaddr
}

/** For AF_INET sockets. Throws a `RangeError` on an address that is not IPv4. */
export function encodeSockaddr4(address: Uint8Array, port: number): Uint8Array {
  if (!isIpv4(address)) throw new RangeError('Cannot encode sockaddr_in: the address is IPv6')
  const sockaddr = new Uint8Array(SOCKADDR4_BYTES)
  const view = new DataView(sockaddr.buffer)
  view.setUint16(0, AF_INET, true)
  view.setUint16(2, port)
  sockaddr.set(address.subarray(12, 16), 4)
  return sockaddr
}

/** Either family, as the kernel filled it; `undefined` for another family or a buffer cut short. */
export function decodeSockaddr(
  sockaddr: Uint8Array,
): { readonly address: Uint8Array; readonly port: number } | undefined {
  if (sockaddr.length < SOCKADDR4_BYTES) return undefined
  const view = new DataView(sockaddr.buffer, sockaddr.byteOffset, sockaddr.byteLength)
  const port = view.getUint16(2)
  switch (view.getUint16(0, true)) {
    case AF_INET: {
      const address = new Uint8Array(16)
      address[10] = address[11] = 0xff
      address.set(sockaddr.subarray(4, 8), 12)
      return { address, port }
    }
    case AF_INET6:
      if (sockaddr.length < SOCKADDR6_BYTES) return undefined
      // A copy, for the caller's buffer is the kernel's next answer.
      return { address: Uint8Array.from(sockaddr.subarray(8, 24)), port }
    default:
      return undefined
  }
}

/**
 * Our own netlink address: the kernel picks the port id. `groups` is a bit mask of old-style
 * groups.
 */
export function encodeSockaddrNetlink(groups = 0): Uint8Array {
  const sockaddr = new Uint8Array(SOCKADDR_NETLINK_BYTES)
  const view = new DataView(sockaddr.buffer)
  view.setUint16(0, AF_NETLINK, true)
  view.setUint32(8, groups, true)
  return sockaddr
}

const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
const SOCKADDR4_BYTES = 16
const SOCKADDR6_BYTES = 28
const SOCKADDR_NETLINK_BYTES = 12
