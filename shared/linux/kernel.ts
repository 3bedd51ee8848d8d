/**
 * What the data path asks of Linux. `libc.ts` has it; `kernel.fake.ts` paints it for tests.
 *
 * Every call answers a count or a descriptor, or `-errno`. None throws and none allocates: they run
 * for every chunk of every flow.
 */
export interface Kernel {
  /** recv(2) with MSG_DONTWAIT of at most `bytesMax` into the head of `into`. 0 is the end. */
  recvHead(fd: number, into: Uint8Array, bytesMax: number): number
  /** send(2) with MSG_DONTWAIT | MSG_NOSIGNAL of the first `bytes`. May take fewer. */
  sendHead(fd: number, from: Uint8Array, bytes: number): number
  /** shutdown(2) with SHUT_WR: tell the peer that no more bytes follow. */
  shutdownWrite(fd: number): number
}

export const EPERM = 1
export const EINTR = 4
export const EIO = 5
export const EAGAIN = 11
export const ENOMEM = 12
export const EACCES = 13
export const EINVAL = 22
export const ENFILE = 23
export const EMFILE = 24
export const EPIPE = 32
export const EPROTO = 71
export const EMSGSIZE = 90
export const ENOPROTOOPT = 92
export const EADDRNOTAVAIL = 99
export const ENETUNREACH = 101
export const ENOBUFS = 105
export const ECONNRESET = 104
export const ETIMEDOUT = 110
export const ECONNREFUSED = 111
export const EHOSTUNREACH = 113
export const EINPROGRESS = 115
