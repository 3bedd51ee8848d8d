/**
 * What an accepted TCP connection still knows of the packets that opened it.
 */
import { viewOf } from '../wire/netlink.ts'
import * as libc from './libc.ts'

/**
 * The code point of its peer's packets (RFC 2474), undefined where the kernel does not tell. IPv4's is that of
 * the handshake, IPv6's that of the last segment; no host changes it in between.
 */
export function dscpOf(fd: number, family: 'ipv4' | 'ipv6'): number | undefined {
  const { level, receive, options, type } = FAMILIES[family]
  if (libc.setsockopt(fd, level, receive, ON) < 0) return undefined
  const bytes = libc.getsockopt(fd, level, options, CONTROL)
  libc.setsockopt(fd, level, receive, OFF)
  return bytes < 0 ? undefined : readDscp(CONTROL.subarray(0, bytes), level, type)
}

/** struct cmsghdr: length u64, level i32, type i32, the value, padded to 8. */
function readDscp(control: Uint8Array, level: number, type: number): number | undefined {
  const view = viewOf(control)
  for (let at = 0; at + CMSGHDR_BYTES < control.length; ) {
    const length = Number(view.getBigUint64(at, true))
    if (length <= CMSGHDR_BYTES || at + length > control.length) return undefined
    const isIt = view.getInt32(at + 8, true) === level && view.getInt32(at + 12, true) === type
    // A byte, or an int of the same value in the machine's order.
    if (isIt) return control[at + CMSGHDR_BYTES]! >> 2
    at += (length + 7) & ~7
  }
  return undefined
}

/** include/uapi/linux/in.h, in6.h; net/ipv4/ip_sockglue.c, net/ipv6/ipv6_sockglue.c */
const FAMILIES = {
  ipv4: { level: 0, receive: 13, options: 9, type: 1 },
  ipv6: { level: 41, receive: 66, options: 6, type: 67 },
} as const
const CMSGHDR_BYTES = 16
const ON = Uint8Array.of(1, 0, 0, 0)
const OFF = new Uint8Array(4)
const CONTROL = new Uint8Array(256)
