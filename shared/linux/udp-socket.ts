/**
 * UDP sockets of the tunnel: always AF_INET6 (IPv4 as ::ffff:a.b.c.d), nonblocking, never fragmenting.
 *
 * The kernel neither cuts what they send nor believes what ICMP says about the path: how much a path carries
 * is found out by probes (IP_PMTUDISC_PROBE, RFC 4821).
 */
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import { must } from './errors.ts'
import * as libc from './libc.ts'
import { setNumber, setReceiveBuffer, setText } from './sockets.ts'

/** One end of a leg: it leaves by `device` from `local`, and hears nobody but `remote`. */
export interface LegEnds {
  readonly device: string
  readonly local: Uint8Array
  readonly remote: { readonly address: Uint8Array; readonly port: number }
  /** fwmark of what it sends. */
  readonly mark: number
}

/** A socket on that leg, or `-errno`; nothing is left open then. */
export function openLegSocket({ device, local, remote, mark }: LegEnds): number {
  return opened((fd) => [
    () => setText(fd, SOL_SOCKET, SO_BINDTODEVICE, device),
    () => setNumber(fd, SOL_SOCKET, SO_MARK, mark),
    () => libc.bind(fd, encodeSockaddr6(local, 0)),
    () => libc.connect(fd, encodeSockaddr6(remote.address, remote.port)),
  ])
}

/**
 * A socket that hears everybody on a whole sockaddr_in6; where that is all of our addresses, it tells which one a
 * datagram was sent to. Throws a `SyscallError` when that is taken.
 */
export function openUdpDoor(address: Uint8Array, what: string): number {
  const fd = opened((door) => [
    () => setNumber(door, SOL_IPV6, IPV6_V6ONLY, 0),
    () => setNumber(door, SOL_IPV6, IPV6_RECVPKTINFO, isAny(address) ? 1 : 0),
    () => libc.bind(door, address),
  ])
  return must(fd, `listen on ${what}`, 'UDP bind')
}

/** `::` in a sockaddr_in6. */
function isAny(sockaddr: Uint8Array): boolean {
  return sockaddr.subarray(8, 24).every((byte) => byte === 0)
}

function opened(steps: (fd: number) => ReadonlyArray<() => number>): number {
  const type = libc.SOCK_DGRAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC
  const fd = libc.socket(libc.AF_INET6, type, libc.IPPROTO_UDP)
  if (fd < 0) return fd
  for (const step of [...options(fd), ...steps(fd)]) {
    const result = step()
    if (result < 0) {
      libc.close(fd)
      return result
    }
  }
  // Before Linux 5.0 nothing is put together: then each datagram is a message.
  setNumber(fd, SOL_UDP, UDP_GRO, 1)
  return fd
}

function options(fd: number): ReadonlyArray<() => number> {
  return [
    () => setNumber(fd, SOL_IP, IP_MTU_DISCOVER, PMTUDISC_PROBE),
    () => setNumber(fd, SOL_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_PROBE),
    // The outer congestion mark is copied to the inner packet (RFC 6040).
    () => setNumber(fd, SOL_IP, IP_RECVTOS, 1),
    () => setNumber(fd, SOL_IPV6, IPV6_RECVTCLASS, 1),
    () => setReceiveBuffer(fd, RECEIVE_BYTES),
    () => setNumber(fd, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BYTES),
  ]
}

/** 10 ms of 3 Gbit/s: what comes in while the thread is elsewhere. */
const RECEIVE_BYTES = 4_194_304
/** What waits in the device's own queue; beyond it datagrams are dropped and counted. */
const SEND_BYTES = 1_048_576

// Linux uapi.
const SOL_SOCKET = 1
const SO_BINDTODEVICE = 25
const SO_SNDBUFFORCE = 32
const SO_MARK = 36
const SOL_IP = 0
const IP_MTU_DISCOVER = 10
const IP_RECVTOS = 13
const SOL_IPV6 = 41
const IPV6_MTU_DISCOVER = 23
const IPV6_V6ONLY = 26
const IPV6_RECVPKTINFO = 49
const IPV6_RECVTCLASS = 66
const PMTUDISC_PROBE = 3
const SOL_UDP = 17
const UDP_GRO = 104
