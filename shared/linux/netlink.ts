/**
 * One conversation with the kernel over netlink: ask and be answered at once, or listen.
 *
 * A socket either asks or listens, never both, for an event that arrives between a question and its
 * answer would be lost. Asking is synchronous: the kernel has answered before send(2) returns (about
 * 10 us), so no loop waits for it. Listening is a `drain` now and then, for the steering loop turns
 * every 20 ms anyway; no thread is kept for it.
 */

import { CONTROL, decodeFamily, encodeFamilyQuery, type GenericFamily } from '../wire/genetlink.ts'
import {
  decodeMessages,
  decodeVerdict,
  encodeMessage,
  FLAG_ACK,
  FLAG_DUMP,
  FLAG_DUMP_INTERRUPTED,
  type NetlinkMessage,
  NLMSG_DONE,
  NLMSG_ERROR,
  u32,
} from '../wire/netlink.ts'
import { encodeSockaddrNetlink } from '../wire/sockaddr.ts'
import { must, SyscallError } from './errors.ts'
import { EAGAIN, EINTR, ENOBUFS, ETIMEDOUT } from './kernel.ts'
import {
  AF_NETLINK,
  bind,
  close,
  recv,
  recvWaiting,
  SOCK_CLOEXEC,
  SOCK_RAW,
  send,
  setsockopt,
  socket,
} from './libc.ts'
import { setReceiveBuffer } from './sockets.ts'

/** Who is at the other end. */
export const Netlink = { route: 0, diagnosis: 4, netfilter: 12, generic: 16 } as const
export type Netlink = (typeof Netlink)[keyof typeof Netlink]

export class NetlinkSocket {
  readonly #fd: number
  readonly #into = new Uint8Array(READ_BYTES_MAX)
  #sequence = 0
  #listening = false
  #complaint = ''

  /** Opens the socket in the network namespace of the calling thread. */
  constructor(protocol: Netlink) {
    this.#fd = must(
      socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol),
      'open a netlink socket',
      'socket',
    )
    // Without an address the kernel would give one at the first send, but listeners never send.
    this.#option(bind(this.#fd, encodeSockaddrNetlink()), 'bind')
    this.#option(
      setsockopt(this.#fd, SOL_SOCKET, SO_RCVTIMEO, timeval(ANSWER_S_MAX)),
      'SO_RCVTIMEO',
    )
    // Words with the errno, answers that do not repeat the question, and filters in list requests.
    this.#option(setsockopt(this.#fd, SOL_NETLINK, NETLINK_EXT_ACK, u32(1)), 'NETLINK_EXT_ACK')
    this.#option(setsockopt(this.#fd, SOL_NETLINK, NETLINK_CAP_ACK, u32(1)), 'NETLINK_CAP_ACK')
    this.#option(
      setsockopt(this.#fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, u32(1)),
      'NETLINK_GET_STRICT_CHK',
    )
  }

  /**
   * Ask, for code that cannot go on without the answer.
   *
   * @param doing completes the sentence "Cannot ...", should the kernel refuse
   * @returns the bodies of the answers; empty when the kernel only says yes. They are copies.
   * @throws SyscallError with the errno, and the kernel's own words where it has some
   */
  request(type: number, flags: number, body: Uint8Array, doing: string): Uint8Array[] {
    const bodies: Uint8Array[] = []
    const result = this.ask(type, flags, body, (answer) => {
      bodies.push(answer.slice())
    })
    if (result === 0) return bodies
    const words = this.#complaint === '' ? 'netlink' : `netlink (${this.#complaint})`
    throw new SyscallError(doing, words, result)
  }

  /**
   * Ask, for code that runs while flows live: answers 0 or `-errno` and does not throw. `-ETIMEDOUT`
   * when the kernel did not answer within a second, `-EINTR` when what it listed changed meanwhile.
   * What `onBody` gets is a view that lasts as long as the call.
   */
  ask(
    type: number,
    flags: number,
    body: Uint8Array,
    onBody: (body: Uint8Array) => void = ignore,
  ): number {
    if (this.#listening) throw new RangeError('Cannot ask on a netlink socket that listens')
    this.#sequence = (this.#sequence + 1) >>> 0
    this.#complaint = ''
    const isList = (flags & FLAG_DUMP) === FLAG_DUMP
    const message = encodeMessage(type, isList ? flags : flags | FLAG_ACK, this.#sequence, body)
    const sent = send(this.#fd, message)
    return sent < 0 ? sent : this.#answers(onBody)
  }

  /**
   * Change what nfnetlink takes in transactions only: all of `messages` or nothing. With `check` the kernel
   * judges them and does nothing. 0 or the first `-errno`.
   */
  transact(
    subsystem: number,
    messages: ReadonlyArray<{
      readonly type: number
      readonly flags: number
      readonly body: Uint8Array
    }>,
    what: 'check' | 'do' = 'do',
  ): number {
    if (this.#listening) throw new RangeError('Cannot ask on a netlink socket that listens')
    if (messages.length === 0) return 0
    this.#sequence = (this.#sequence + 1) >>> 0
    this.#complaint = ''
    const bracket = (end: number) =>
      encodeMessage(end, 0, this.#sequence, Uint8Array.of(0, 0, subsystem >> 8, subsystem))
    const changes = messages.map(({ type, flags, body }, i) => {
      // One number and one answer for all: the first that is refused, or that the last is taken.
      const last = i === messages.length - 1 ? FLAG_ACK : 0
      return encodeMessage(type, flags | last, this.#sequence, body)
    })
    // A transaction without an end is rolled back.
    const end = what === 'do' ? [bracket(NFNL_BATCH_END)] : []
    const sent = send(this.#fd, Buffer.concat([bracket(NFNL_BATCH_BEGIN), ...changes, ...end]))
    return sent < 0 ? sent : this.#answers(ignore)
  }

  /**
   * Everything of one kind that there is, as far as `decode` knows it. Asked again when it changed
   * while the kernel listed it. Empty also when the kernel refuses.
   */
  list<T>(type: number, body: Uint8Array, decode: (body: Uint8Array) => T | undefined): T[] {
    for (let tries = 1; ; tries++) {
      const found: T[] = []
      const result = this.ask(type, FLAG_DUMP, body, (answer) => {
        const one = decode(answer)
        if (one !== undefined) found.push(one)
      })
      if (result !== -EINTR || tries === LIST_TRIES_MAX) return found
    }
  }

  /** What the kernel said beside the last errno; empty where it said nothing. */
  get complaint(): string {
    return this.#complaint
  }

  /** A generic netlink family of this boot, by name. Throws when the kernel does not have it. */
  family(name: string): GenericFamily {
    const query = encodeFamilyQuery(name)
    const [answer] = this.request(CONTROL, 0, query, `find the netlink family ${name}`)
    const family = answer === undefined ? undefined : decodeFamily(answer)
    if (family === undefined) throw new SyscallError(`find ${name}`, 'netlink', ENOENT)
    return family
  }

  /**
   * From now on this socket listens to these multicast groups. The kernel keeps events of up to
   * `bufferBytes` between two drains, by its own count, which adds a kilobyte or two to each.
   */
  subscribe(groups: readonly number[], bufferBytes = LISTEN_BYTES_MAX): void {
    this.#listening = true
    // FORCE goes beyond net.core.rmem_max. It needs CAP_NET_ADMIN, and so does all of steering.
    this.#option(setReceiveBuffer(this.#fd, bufferBytes), 'SO_RCVBUFFORCE')
    for (const group of groups) {
      this.#option(
        setsockopt(this.#fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, u32(group)),
        `NETLINK_ADD_MEMBERSHIP of group ${group}`,
      )
    }
  }

  /**
   * Hand over everything that has arrived, and return: never waits. `lost` when the buffer ran over,
   * so that something between the last message of the previous drain and the last of this one is
   * missing: ask for the whole truth then. Messages are views that last as long as the call.
   */
  drain(onMessage: (message: NetlinkMessage) => void): 'ok' | 'lost' {
    let health: 'ok' | 'lost' = 'ok'
    for (let reads = 0; reads < DRAIN_READS_MAX; reads++) {
      const bytes = recv(this.#fd, this.#into)
      if (bytes === -ENOBUFS) health = 'lost'
      else if (bytes < 0) return bytes === -EAGAIN || bytes === -EINTR ? health : 'lost'
      else for (const message of decodeMessages(this.#into.subarray(0, bytes))) onMessage(message)
    }
    return health
  }

  [Symbol.dispose](): void {
    close(this.#fd)
  }

  [Symbol.asyncDispose](): Promise<void> {
    close(this.#fd)
    return Promise.resolve()
  }

  /** Read until the kernel has said its last word about the question asked last. */
  #answers(onBody: (body: Uint8Array) => void): number {
    let interrupted = false
    for (;;) {
      const bytes = recvWaiting(this.#fd, this.#into)
      if (bytes === -EINTR) continue
      if (bytes < 0) return bytes === -EAGAIN ? -ETIMEDOUT : bytes

      for (const message of decodeMessages(this.#into.subarray(0, bytes))) {
        // The answer to a question that timed out.
        if (message.sequence !== this.#sequence) continue
        interrupted ||= (message.flags & FLAG_DUMP_INTERRUPTED) !== 0
        if (message.type === NLMSG_ERROR || message.type === NLMSG_DONE) {
          const { errno, complaint } = decodeVerdict(message)
          this.#complaint = complaint
          return errno === 0 && interrupted ? -EINTR : errno === 0 ? 0 : -errno
        }
        onBody(message.body)
      }
    }
  }

  #option(result: number, call: string): void {
    if (result >= 0) return
    close(this.#fd)
    throw new SyscallError('open a netlink socket', call, result)
  }
}

function ignore(): void {}

/** struct timeval, 64 bit. */
function timeval(seconds: number): Uint8Array {
  const bytes = new Uint8Array(16)
  bytes[0] = seconds
  return bytes
}

/** The kernel answers within microseconds; this is for a kernel that is in trouble. */
const ANSWER_S_MAX = 1
/** What changes three times within three lists is never whole; the next change is heard anyway. */
const LIST_TRIES_MAX = 3
/** Above the 32 KiB a list comes in at a time. */
const READ_BYTES_MAX = 64 * 1_024
/** 2,000 connections that lose a leg at once make this much of events. The kernel doubles it. */
const LISTEN_BYTES_MAX = 8 * 1_024 * 1_024
/** One drain takes no longer than about 10 ms. What is left over is taken by the next. */
const DRAIN_READS_MAX = 1_024

const NFNL_BATCH_BEGIN = 16
const NFNL_BATCH_END = 17
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20
const SOL_NETLINK = 270
const NETLINK_ADD_MEMBERSHIP = 1
const NETLINK_CAP_ACK = 10
const NETLINK_EXT_ACK = 11
const NETLINK_GET_STRICT_CHK = 12
const ENOENT = 2
