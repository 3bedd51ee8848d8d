/**
 * The only file that touches koffi: one function is one syscall, with no policy and no state.
 *
 * Every call answers a count or a descriptor, or `-errno`. None throws. Buffers are passed by address,
 * so a call may not outlive its buffer; all calls here are synchronous, so none does. A call costs 75
 * to 140 ns on Node 24 (docs/adr/0004-no-c-of-our-own.md).
 */
import koffi from 'koffi'

/** `null` is the process itself: glibc and musl alike. */
const libc = koffi.load(null)

const socketCall = libc.func('int socket(int, int, int)')
const openCall = libc.func('int open(const char *, int)')
const closeCall = libc.func('int close(int)')
const bindCall = libc.func('int bind(int, const void *, uint32_t)')
const listenCall = libc.func('int listen(int, int)')
const accept4Call = libc.func('int accept4(int, void *, void *, int)')
const connectCall = libc.func('int connect(int, const void *, uint32_t)')
const shutdownCall = libc.func('int shutdown(int, int)')
const setsockoptCall = libc.func('int setsockopt(int, int, int, const void *, uint32_t)')
const getsockoptCall = libc.func('int getsockopt(int, int, int, void *, void *)')
const getsocknameCall = libc.func('int getsockname(int, void *, void *)')
const getpeernameCall = libc.func('int getpeername(int, void *, void *)')
const sendCall = libc.func('intptr_t send(int, const void *, size_t, int)')
const recvCall = libc.func('intptr_t recv(int, void *, size_t, int)')
const sendtoCall = libc.func(
  'intptr_t sendto(int, const void *, size_t, int, const void *, uint32_t)',
)
const recvfromCall = libc.func('intptr_t recvfrom(int, void *, size_t, int, void *, void *)')
const recvmsgCall = libc.func('intptr_t recvmsg(int, void *, int)')
const recvmmsgCall = libc.func('int recvmmsg(int, void *, unsigned int, int, void *)')
const sendmmsgCall = libc.func('int sendmmsg(int, void *, unsigned int, int)')
const readCall = libc.func('intptr_t read(int, void *, size_t)')
const writeCall = libc.func('intptr_t write(int, const void *, size_t)')
const readAtCall = libc.func('read', 'intptr_t', ['int', 'uint64_t', 'size_t'])
const writeAtCall = libc.func('write', 'intptr_t', ['int', 'uint64_t', 'size_t'])
const ioctlCall = libc.func('int ioctl(int, unsigned long, void *)')
const ioctlValueCall = libc.func('ioctl', 'int', ['int', 'unsigned long', 'unsigned long'])
const memcpyCall = libc.func('memcpy', 'void', ['uint64_t', 'uint64_t', 'size_t'])
const pollCall = libc.func('int poll(void *, unsigned long, int)')
const ppollCall = libc.func('int ppoll(void *, unsigned long, const void *, const void *)')
const epollCreateCall = libc.func('int epoll_create1(int)')
const epollCtlCall = libc.func('int epoll_ctl(int, int, int, void *)')
const epollWaitCall = libc.func('int epoll_wait(int, void *, int, int)')
const eventfdCall = libc.func('int eventfd(unsigned int, int)')
const setnsCall = libc.func('int setns(int, int)')
const prctlCall = libc.func('prctl', 'int', [
  'int',
  'unsigned long',
  'unsigned long',
  'unsigned long',
  'unsigned long',
])

export function socket(family: number, type: number, protocol: number): number {
  return answer(socketCall(family, type, protocol))
}

/** open(2) of what exists, with O_CLOEXEC. Unlike node:fs, Node neither tracks nor closes what it answers. */
export function open(path: string, flags: number): number {
  return answer(openCall(path, flags | O_CLOEXEC))
}

export function close(fd: number): number {
  return answer(closeCall(fd))
}

/** `address` is a whole sockaddr (shared/wire/sockaddr.ts). */
export function bind(fd: number, address: Uint8Array): number {
  return answer(bindCall(fd, address, address.length))
}

export function listen(fd: number, backlog: number): number {
  return answer(listenCall(fd, backlog))
}

/** accept4(2) with SOCK_NONBLOCK | SOCK_CLOEXEC. */
export function accept(fd: number): number {
  return answer(accept4Call(fd, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC))
}

export function connect(fd: number, address: Uint8Array): number {
  return answer(connectCall(fd, address, address.length))
}

/** shutdown(2) with SHUT_WR: tell the peer that no more bytes follow. */
export function shutdownWrite(fd: number): number {
  return answer(shutdownCall(fd, SHUT_WR))
}

export function setsockopt(fd: number, level: number, option: number, value: Uint8Array): number {
  return answer(setsockoptCall(fd, level, option, value, value.length))
}

/** Bytes the kernel wrote into `into`, or `-errno`. */
export function getsockopt(fd: number, level: number, option: number, into: Uint8Array): number {
  return withLength(into, (length) => getsockoptCall(fd, level, option, into, length))
}

/** Bytes of the sockaddr written into `into`, or `-errno`. */
export function getsockname(fd: number, into: Uint8Array): number {
  return withLength(into, (length) => getsocknameCall(fd, into, length))
}

/** Bytes of the sockaddr written into `into`, or `-errno`. */
export function getpeername(fd: number, into: Uint8Array): number {
  return withLength(into, (length) => getpeernameCall(fd, into, length))
}

/** send(2) with MSG_DONTWAIT | MSG_NOSIGNAL of all of `from`. May take fewer bytes than offered. */
export function send(fd: number, from: Uint8Array): number {
  return answer(Number(sendCall(fd, from, from.length, MSG_DONTWAIT | MSG_NOSIGNAL)))
}

/** The first `bytes` of `from`: spares the hot path a view. */
export function sendHead(fd: number, from: Uint8Array, bytes: number): number {
  return answer(Number(sendCall(fd, from, bytes, MSG_DONTWAIT | MSG_NOSIGNAL)))
}

/** recv(2) with MSG_DONTWAIT. 0 is the end of the stream. */
export function recv(fd: number, into: Uint8Array): number {
  return answer(Number(recvCall(fd, into, into.length, MSG_DONTWAIT)))
}

/** recv(2) with MSG_DONTWAIT of at most `bytes` into the head of `into`. */
export function recvHead(fd: number, into: Uint8Array, bytes: number): number {
  return answer(Number(recvCall(fd, into, bytes, MSG_DONTWAIT)))
}

/** recv(2) that waits, for netlink requests, where the answer is there as soon as `send` returns. */
export function recvWaiting(fd: number, into: Uint8Array): number {
  return answer(Number(recvCall(fd, into, into.length, 0)))
}

export function sendto(fd: number, from: Uint8Array, address: Uint8Array): number {
  return answer(
    Number(sendtoCall(fd, from, from.length, MSG_DONTWAIT | MSG_NOSIGNAL, address, address.length)),
  )
}

/** Datagram into `into`, its source into `from` (28 bytes hold either family). */
export function recvfrom(fd: number, into: Uint8Array, from: Uint8Array): number {
  LENGTH[0] = from.length
  return answer(Number(recvfromCall(fd, into, into.length, MSG_DONTWAIT, from, LENGTH)))
}

/** recvmsg(2) of the error queue. `msghdr` (wire/msghdr.ts) points only at pinned memory. */
export function recvErrors(fd: number, msghdr: Uint8Array): number {
  return answer(Number(recvmsgCall(fd, msghdr, MSG_ERRQUEUE | MSG_DONTWAIT)))
}

/** recvmmsg(2) with MSG_DONTWAIT into `messages` structs mmsghdr (datagrams.ts): how many were filled. */
export function recvMessages(fd: number, headers: Uint8Array, messages: number): number {
  return answer(recvmmsgCall(fd, headers, messages, MSG_DONTWAIT, null))
}

/** sendmmsg(2) with MSG_DONTWAIT of `messages` structs mmsghdr: how many were taken. */
export function sendMessages(fd: number, headers: Uint8Array, messages: number): number {
  return answer(sendmmsgCall(fd, headers, messages, MSG_DONTWAIT | MSG_NOSIGNAL))
}

/** Memory that never moves, for a structure that holds pointers. It is never given back. */
export function pin(bytes: number): { readonly address: bigint; readonly view: Uint8Array } {
  const pointer: unknown = koffi.alloc('uint8_t', bytes)
  return { address: koffi.address(pointer), view: new Uint8Array(koffi.view(pointer, bytes)) }
}

export function read(fd: number, into: Uint8Array): number {
  return answer(Number(readCall(fd, into, into.length)))
}

export function write(fd: number, from: Uint8Array, bytes: number): number {
  return answer(Number(writeCall(fd, from, bytes)))
}

/** read(2) to an address in pinned memory (pinned.ts), which spares the hot path a view. */
export function readAt(fd: number, address: number, bytes: number): number {
  return answer(Number(readAtCall(fd, address, bytes)))
}

export function writeAt(fd: number, address: number, bytes: number): number {
  return answer(Number(writeAtCall(fd, address, bytes)))
}

/** ioctl(2) whose argument is a structure. */
export function ioctl(fd: number, request: number, argument: Uint8Array): number {
  return answer(ioctlCall(fd, request, argument))
}

/** ioctl(2) whose argument is a number. */
export function ioctlValue(fd: number, request: number, argument: number): number {
  return answer(ioctlValueCall(fd, request, argument))
}

/** Between addresses in pinned memory: a view and `set` would cost an object and more time. */
export function copy(to: number, from: number, bytes: number): void {
  memcpyCall(to, from, bytes)
}

/** `fds` is an array of struct pollfd, 8 bytes each: fd s32, events s16, revents s16. */
export function poll(fds: Uint8Array, timeoutMs: number): number {
  return answer(pollCall(fds, fds.length / 8, timeoutMs))
}

/** poll(2) with a struct timespec (two s64: seconds, nanoseconds) instead of milliseconds. */
export function ppoll(fds: Uint8Array, timeout: Uint8Array): number {
  return answer(ppollCall(fds, fds.length / 8, timeout, null))
}

export function epollCreate(): number {
  return answer(epollCreateCall(EPOLL_CLOEXEC))
}

/** `event` is a packed struct epoll_event: u32 events, u64 data. */
export function epollCtl(epoll: number, operation: number, fd: number, event: Uint32Array): number {
  return answer(epollCtlCall(epoll, operation, fd, event))
}

/** `into` has 3 cells for each event: events, data low, data high. */
export function epollWait(epoll: number, into: Uint32Array, timeoutMs: number): number {
  return answer(epollWaitCall(epoll, into, into.length / 3, timeoutMs))
}

/** A counter that poll can wait for. Nonblocking. */
export function eventfd(): number {
  return answer(eventfdCall(0, SOCK_NONBLOCK | SOCK_CLOEXEC))
}

/** Move the calling thread (not the process) into the network namespace open as `fd`. */
export function enterNetworkNamespace(fd: number): number {
  return answer(setnsCall(fd, CLONE_NEWNET))
}

/** Let this thread's timers fire within `nanoseconds` of their time (50,000 is the kernel's default). */
export function setTimerSlack(nanoseconds: number): number {
  return answer(prctlCall(PR_SET_TIMERSLACK, nanoseconds, 0, 0, 0))
}

export const AF_INET = 2
export const AF_INET6 = 10
export const AF_NETLINK = 16
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
export const SOCK_NONBLOCK = 0o4000
export const SOCK_CLOEXEC = 0o2000000
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_MPTCP = 262

function answer(result: number): number {
  return result >= 0 ? result : -koffi.errno()
}

function withLength(into: Uint8Array, call: (length: Uint32Array) => number): number {
  LENGTH[0] = into.length
  const result = answer(call(LENGTH))
  return result < 0 ? result : (LENGTH[0] ?? 0)
}

/** socklen_t in and out. One a thread is enough, for no call waits. */
const LENGTH = new Uint32Array(1)

const O_CLOEXEC = 0o2000000
const SHUT_WR = 1
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const MSG_ERRQUEUE = 0x2000
const EPOLL_CLOEXEC = 0o2000000
const CLONE_NEWNET = 0x40000000
const PR_SET_TIMERSLACK = 29
