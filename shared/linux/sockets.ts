/**
 * Stream sockets as both daemons need them: always AF_INET6 (IPv4 as ::ffff:a.b.c.d), nonblocking.
 *
 * AF_INET6 because an MPTCP connection born on an AF_INET socket refuses an IPv6 subflow for ever.
 * Functions answer a descriptor or 0, or `-errno`, and leave nothing open when they fail.
 */

import { decodeSockaddr } from '../wire/sockaddr.ts'
import { must } from './errors.ts'
import { EINPROGRESS } from './kernel.ts'
import * as libc from './libc.ts'

export interface ListenOptions {
  /** The whole sockaddr_in6 to bind. */
  readonly address: Uint8Array
  readonly multipath: boolean
  /** TPROXY: accept connections that were meant for somebody else. Needs CAP_NET_ADMIN. */
  readonly transparent: boolean
  /** Share the port with other threads; the kernel spreads the connections. */
  readonly reusePort: boolean
  /** Hear only what comes in by this interface. Default: by any. */
  readonly device?: string
  /** TCP congestion control of what is accepted here, joined subflows too. Default: the system's. */
  readonly congestion?: string | undefined
  /** Bytes that wait at most to be read on what is accepted here. Default: the system's. */
  readonly receiveBytes?: number
}

/** A listening socket, or a sentence that says what stands in the way. For start-up. */
export function openListener(options: ListenOptions, what: string): number {
  const { device, congestion, receiveBytes } = options
  const doing = `listen on ${what}`
  const protocol = options.multipath ? libc.IPPROTO_MPTCP : libc.IPPROTO_TCP
  const fd = must(libc.socket(libc.AF_INET6, STREAM, protocol), doing, 'socket')
  const steps: ReadonlyArray<readonly [string, () => number]> = [
    ['SO_REUSEADDR', () => setNumber(fd, SOL_SOCKET, SO_REUSEADDR, 1)],
    ['SO_REUSEPORT', () => (options.reusePort ? setNumber(fd, SOL_SOCKET, SO_REUSEPORT, 1) : 0)],
    ['IP_TRANSPARENT', () => (options.transparent ? setNumber(fd, SOL_IP, IP_TRANSPARENT, 1) : 0)],
    [
      'IPV6_TRANSPARENT',
      () => (options.transparent ? setNumber(fd, SOL_IPV6, IPV6_TRANSPARENT, 1) : 0),
    ],
    ['IPV6_V6ONLY', () => setNumber(fd, SOL_IPV6, IPV6_V6ONLY, 0)],
    ['SO_BINDTODEVICE', () => (device ? setText(fd, SOL_SOCKET, SO_BINDTODEVICE, device) : 0)],
    ['TCP_CONGESTION', () => (congestion ? setCongestion(fd, congestion) : 0)],
    ['SO_RCVBUF', () => (receiveBytes ? setNumber(fd, SOL_SOCKET, SO_RCVBUF, receiveBytes) : 0)],
    ['bind', () => libc.bind(fd, options.address)],
    ['listen', () => libc.listen(fd, BACKLOG)],
  ]
  for (const [syscall, step] of steps) {
    const result = step()
    if (result < 0) {
      libc.close(fd)
      must(result, doing, syscall)
    }
  }
  return fd
}

/**
 * Let a listener take data in a SYN from anybody (TCP Fast Open without its cookie): 0 or `-errno`. The
 * namespace must allow it too (net.ipv4.tcp_fastopen, bit 2).
 */
export function takeFastOpen(fd: number): number {
  const result = setNumber(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1)
  return result < 0 ? result : setNumber(fd, SOL_TCP, TCP_FASTOPEN, FAST_OPEN_QUEUE)
}

/** True while an accepted connection still waits for the last ACK of its handshake (SYN data). */
export function isHandshaking(fd: number): boolean {
  return libc.getsockopt(fd, SOL_TCP, TCP_INFO, STATE) > 0 && STATE[0] === TCP_SYN_RECV
}

/** The other end's address, or undefined when it has gone. */
export function peerOf(fd: number): Uint8Array | undefined {
  return libc.getpeername(fd, NAME) < 0 ? undefined : decodeSockaddr(NAME)?.address
}

export interface DialOptions {
  readonly multipath: boolean
  /** fwmark of everything the socket sends; 0 for none. MPTCP subflows inherit it. */
  readonly mark: number
  /** Interface that the first subflow must use, and the sockaddr_in6 it must have. */
  readonly from: { readonly device: string; readonly address: Uint8Array } | undefined
  /** TCP congestion control, or undefined for the system's. */
  readonly congestion: string | undefined
}

/** A socket whose connection is in progress: wait until it is writable, then ask `socketError`. */
export function dial(remote: Uint8Array, options: DialOptions): number {
  return dialPrepared(remote, options.multipath, (fd) => prepare(fd, options))
}

/** A socket that is ready to connect, for whoever does that himself. */
export function dialSocket(options: DialOptions): number {
  return preparedSocket(options.multipath, (fd) => prepare(fd, options))
}

function prepare(fd: number, { mark, congestion, from }: DialOptions): number {
  let result = setNumber(fd, SOL_TCP, TCP_NODELAY, 1)
  if (result >= 0 && mark !== 0) result = setNumber(fd, SOL_SOCKET, SO_MARK, mark)
  if (result >= 0 && congestion !== undefined) {
    result = setCongestion(fd, congestion)
  }
  if (result < 0 || from === undefined) return result
  result = setText(fd, SOL_SOCKET, SO_BINDTODEVICE, from.device)
  if (result >= 0) result = setNumber(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1)
  return result >= 0 ? libc.bind(fd, from.address) : result
}

/**
 * A socket that dials with its first `send`, whose bytes travel in the SYN, with no Fast Open option around
 * them (RFC 8803 section 4.2). That `send` answers how many the SYN holds, a segment at most: the
 * others are for when the connection stands. The descriptor, or `-errno`.
 */
export function dialOnFirstSend(remote: Uint8Array, multipath: boolean): number {
  return dialPrepared(remote, multipath, (fd) => {
    const result = setNumber(fd, SOL_TCP, TCP_FASTOPEN_NO_COOKIE, 1)
    return result >= 0 ? setNumber(fd, SOL_TCP, TCP_FASTOPEN_CONNECT, 1) : result
  })
}

/** How every dial begins and ends. `set` makes it what it is: 0, or `-errno`, which ends it. */
export function dialPrepared(
  remote: Uint8Array,
  multipath: boolean,
  set: (fd: number) => number,
): number {
  const fd = preparedSocket(multipath, set)
  if (fd < 0) return fd
  const result = libc.connect(fd, remote)
  if (result >= 0 || result === -EINPROGRESS) return fd
  libc.close(fd)
  return result
}

function preparedSocket(multipath: boolean, set: (fd: number) => number): number {
  const protocol = multipath ? libc.IPPROTO_MPTCP : libc.IPPROTO_TCP
  const fd = libc.socket(libc.AF_INET6, STREAM, protocol)
  if (fd < 0) return fd
  const result = set(fd)
  if (result >= 0) return fd
  libc.close(fd)
  return result
}

/** Whether the peer's SYN+ACK acknowledged was in the SYN of `dialOnFirstSend`. */
export function synDataAcknowledged(fd: number): boolean {
  const info = new Uint8Array(TCPI_OPTIONS + 1)
  if (libc.getsockopt(fd, SOL_TCP, TCP_INFO, info) <= TCPI_OPTIONS) return false
  return (info[TCPI_OPTIONS]! & TCPI_OPT_SYN_DATA) !== 0
}

/** SO_ERROR, as a positive errno; 0 when there is none. Reading it clears it. */
export function socketError(fd: number): number {
  const result = libc.getsockopt(fd, SOL_SOCKET, SO_ERROR, INT)
  return result < 0 ? -result : new DataView(INT.buffer).getInt32(0, true)
}

/** Close so that the peer sees a reset (RST; MP_FASTCLOSE on MPTCP), whatever is still queued. */
export function resetAndClose(fd: number): void {
  libc.setsockopt(fd, SOL_SOCKET, SO_LINGER, LINGER_NOW)
  libc.close(fd)
}

/**
 * Let the kernel find out that a silent peer has vanished: first probe after `idleS` seconds, then
 * every `intervalS`, given up after `probes`.
 */
export function keepAlive(fd: number, idleS: number, intervalS: number, probes: number): void {
  setNumber(fd, SOL_SOCKET, SO_KEEPALIVE, 1)
  setNumber(fd, SOL_TCP, TCP_KEEPIDLE, idleS)
  setNumber(fd, SOL_TCP, TCP_KEEPINTVL, intervalS)
  setNumber(fd, SOL_TCP, TCP_KEEPCNT, probes)
}

/**
 * Let the socket, and each subflow, hold at most `bytes` unacknowledged and unsent (SO_SNDBUFFORCE: the
 * kernel doubles what it is told, for its own book-keeping). Ends the kernel's own tuning.
 */
export function setSendBuffer(fd: number, bytes: number): number {
  return setNumber(fd, SOL_SOCKET, SO_SNDBUFFORCE, Math.ceil(bytes / 2))
}

/**
 * Let the socket keep as much that was not read, by the kernel's own count, which it doubles (SO_RCVBUFFORCE: beyond
 * net.core.rmem_max).
 */
export function setReceiveBuffer(fd: number, bytes: number): number {
  return setNumber(fd, SOL_SOCKET, SO_RCVBUFFORCE, bytes)
}

/** Use this congestion control from now on. `-errno` where the kernel has none of that name. */
export function setCongestion(fd: number, name: string): number {
  return setText(fd, SOL_TCP, TCP_CONGESTION, name)
}

/** What the socket sends leaves by this class of the interface's HTB, until it is told another. */
export function leaveByClass(fd: number, handle: number): number {
  return setNumber(fd, SOL_SOCKET, SO_PRIORITY, handle)
}

/** Small writes leave at once. What the relay writes is as big as what it read. */
export function noDelay(fd: number): void {
  setNumber(fd, SOL_TCP, TCP_NODELAY, 1)
}

/** setsockopt(2) of an option that is an int. */
export function setNumber(fd: number, level: number, option: number, value: number): number {
  new DataView(INT.buffer).setInt32(0, value, true)
  return libc.setsockopt(fd, level, option, INT)
}

/** setsockopt(2) of an option that is a text. */
export function setText(fd: number, level: number, option: number, value: string): number {
  return libc.setsockopt(fd, level, option, Buffer.from(`${value}\0`))
}

const STREAM = libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC

// One a thread; no call keeps it.
const INT = new Uint8Array(4)
const STATE = new Uint8Array(1)
const NAME = new Uint8Array(28)
/** struct linger: on, 0 seconds. */
const LINGER_NOW = Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0)

/** Connections that wait to be accepted by one listener; further SYNs are dropped and tried again. */
const BACKLOG = 4_096
/** Of these, connections whose handshake is not over; beyond it SYN data is not taken, and MPTCP is lost. */
const FAST_OPEN_QUEUE = 4_096

// Linux uapi.
const SOL_SOCKET = 1
const SO_REUSEADDR = 2
const SO_ERROR = 4
const SO_RCVBUF = 8
const SO_KEEPALIVE = 9
const SO_PRIORITY = 12
const SO_LINGER = 13
const SO_REUSEPORT = 15
const SO_BINDTODEVICE = 25
const SO_SNDBUFFORCE = 32
const SO_RCVBUFFORCE = 33
const SO_MARK = 36
const SOL_IP = 0
const IP_TRANSPARENT = 19
const IP_BIND_ADDRESS_NO_PORT = 24
const SOL_IPV6 = 41
const IPV6_V6ONLY = 26
const IPV6_TRANSPARENT = 75
const SOL_TCP = 6
const TCP_NODELAY = 1
const TCP_KEEPIDLE = 4
const TCP_KEEPINTVL = 5
const TCP_KEEPCNT = 6
const TCP_INFO = 11
const TCPI_OPTIONS = 5
const TCPI_OPT_SYN_DATA = 32
const TCP_CONGESTION = 13
const TCP_FASTOPEN = 23
const TCP_FASTOPEN_CONNECT = 30
const TCP_FASTOPEN_NO_COOKIE = 34
const TCP_SYN_RECV = 3
