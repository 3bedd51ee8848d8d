/**
 * The socket with which the concentrator goes to a server: it may leave from an address that is only
 * routed here, it is told which ICMP error ended its connect, and what the server's SYN+ACK said.
 *
 * Functions answer a descriptor or 0, or `-errno`, and leave nothing open when they fail.
 */
import { knownAddress } from '../wire/address.ts'
import { type IcmpError, readIcmpError } from '../wire/extended-error.ts'
import { controlBytesOf, MSGHDR_BYTES, readControl, writeMsghdr } from '../wire/msghdr.ts'
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import { decodeHandshake, type Handshake } from '../wire/tcp-info.ts'
import * as libc from './libc.ts'
import { dialPrepared, setNumber } from './sockets.ts'

export interface ServerRoute {
  readonly multipath: boolean
  /** The sockaddr_in6, port 0, to leave from; the kernel's choice without. */
  readonly from: Uint8Array | undefined
}

/** A socket whose connection is in progress: wait until it is writable, then ask `socketError`. */
export function dialServer(remote: Uint8Array, { multipath, from }: ServerRoute): number {
  return dialPrepared(remote, multipath, (fd) => {
    let result = setNumber(fd, SOL_TCP, TCP_NODELAY, 1)
    // IPv4 queues the errors of a connect unasked; IPv6 wants to be asked (ADR 0013).
    if (result >= 0 && !multipath) result = setNumber(fd, SOL_IPV6, IPV6_RECVERR, 1)
    if (result < 0 || from === undefined) return result
    result = setNumber(fd, SOL_IP, IP_FREEBIND, 1)
    // The port is found by connect, which knows the server: one port serves many servers.
    if (result >= 0) result = setNumber(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    return result >= 0 ? libc.bind(fd, from) : result
  })
}

/** The ICMP error that came last, taken out of the socket's error queue; undefined when none did. */
export function takeIcmpError(fd: number): IcmpError | undefined {
  let last: IcmpError | undefined
  for (let i = 0; i < ERRORS_MAX; i++) {
    writeMsghdr(MSGHDR, MESSAGE.address + BigInt(MSGHDR_BYTES), CONTROL.length)
    if (libc.recvErrors(fd, MSGHDR) < 0) break
    for (const message of readControl(CONTROL.subarray(0, controlBytesOf(MSGHDR)))) {
      last = readIcmpError(message) ?? last
    }
  }
  return last
}

/** The connection stands: from now on an ICMP error is news about the path, and ends nothing. */
export function ignoreIcmpErrors(fd: number): void {
  setNumber(fd, SOL_IPV6, IPV6_RECVERR, 0)
}

/** What the server's SYN+ACK said, as far as the kernel remembers it (ADR 0014). */
export function readHandshake(fd: number): Handshake | undefined {
  const bytes = libc.getsockopt(fd, SOL_TCP, TCP_INFO, INFO)
  return bytes < 0 ? undefined : decodeHandshake(INFO.subarray(0, bytes))
}

/**
 * The maximum segment size in the server's SYN+ACK. Only a socket in repair mode tells what the peer
 * said; any other tells what its path carries. Undefined on MPTCP, which cannot be repaired.
 */
export function peerSegmentBytes(fd: number): number | undefined {
  if (setNumber(fd, SOL_TCP, TCP_REPAIR, REPAIR_ON) < 0) return undefined
  const bytes = libc.getsockopt(fd, SOL_TCP, TCP_MAXSEG, INT)
  setNumber(fd, SOL_TCP, TCP_REPAIR, REPAIR_OFF_WITHOUT_PROBE)
  return bytes < 0 ? undefined : new DataView(INT.buffer).getInt32(0, true)
}

/** Whether this host has an address to begin from towards `remote`: sends nothing. */
export function hasAddressTowards(remote: Uint8Array): boolean {
  const fd = libc.socket(libc.AF_INET6, libc.SOCK_DGRAM | libc.SOCK_CLOEXEC, 0)
  if (fd < 0) return true
  const result = libc.connect(fd, remote)
  libc.close(fd)
  return result >= 0
}

/** This host has no way out in either family: sends nothing. */
export function isCutOff(): boolean {
  return !FAR_AWAY.some(hasAddressTowards)
}

/** More than one connect can gather; the rest goes with the socket. */
const ERRORS_MAX = 8
/** One sock_extended_err with an address has 64 bytes. */
const CONTROL_BYTES = 256

/** Nobody is there, so only a default route leads there. (RFC 7526, RFC 3849) */
const FAR_AWAY = ['192.88.99.1', '2001:db8:ffff:ffff::1'].map((text) =>
  encodeSockaddr6(knownAddress(text), 9),
)

// One a thread; no call keeps it.
const MESSAGE = libc.pin(MSGHDR_BYTES + CONTROL_BYTES)
const MSGHDR = MESSAGE.view.subarray(0, MSGHDR_BYTES)
const CONTROL = MESSAGE.view.subarray(MSGHDR_BYTES)
const INFO = new Uint8Array(280)
const INT = new Uint8Array(4)

// Linux uapi.
const SOL_IP = 0
const IP_FREEBIND = 15
const IP_BIND_ADDRESS_NO_PORT = 24
const SOL_IPV6 = 41
const IPV6_RECVERR = 25
const SOL_TCP = 6
const TCP_NODELAY = 1
const TCP_MAXSEG = 2
const TCP_INFO = 11
const TCP_REPAIR = 19
const REPAIR_ON = 1
const REPAIR_OFF_WITHOUT_PROBE = -1
