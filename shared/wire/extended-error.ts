/**
 * What a socket's error queue tells about an ICMP error: struct sock_extended_err in a control message.
 *
 *   0 errno u32   4 origin u8   5 ICMP type u8   6 ICMP code u8   8 info u32   12 data u32
 *   16 struct sockaddr of whoever sent it
 *
 * (include/uapi/linux/errqueue.h)
 */
import type { ControlMessage } from './msghdr.ts'

export interface IcmpError {
  readonly family: 'ipv4' | 'ipv6'
  readonly type: number
  readonly code: number
}

/** `undefined` for what is no ICMP error: another kind of control message, or the host's own news. */
export function readIcmpError({ level, type, data }: ControlMessage): IcmpError | undefined {
  // An AF_INET6 socket hears of IPv4 in IPv6's form; the origin tells which it was.
  const isError =
    (level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR)
  if (!isError || data.length < EXTENDED_ERROR_BYTES) return undefined
  switch (data[4]) {
    case ORIGIN_ICMP:
      return { family: 'ipv4', type: data[5]!, code: data[6]! }
    case ORIGIN_ICMP6:
      return { family: 'ipv6', type: data[5]!, code: data[6]! }
    default:
      return undefined
  }
}

const SOL_IP = 0
const IP_RECVERR = 11
const SOL_IPV6 = 41
const IPV6_RECVERR = 25
const EXTENDED_ERROR_BYTES = 16
const ORIGIN_ICMP = 2
const ORIGIN_ICMP6 = 3
