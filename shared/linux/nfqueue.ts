/**
 * One queue of nfnetlink_queue, owned by one thread: packets come out of it, verdicts go in.
 *
 * The kernel hands out a packet and keeps it; what never gets a verdict stays until the socket is closed,
 * which drops it. A full queue lets packets through, and so do its rules while nobody owns it.
 */
import {
  decodeMessages,
  decodeVerdict,
  encodeMessage,
  FLAG_ACK,
  NLMSG_ERROR,
} from '../wire/netlink.ts'
import {
  decodePacket,
  encodeAccept,
  encodeBind,
  encodeDrop,
  QUEUE_CONFIG,
  QUEUE_PACKET,
  type QueuedPacket,
  type QueueLimits,
} from '../wire/nfqueue.ts'
import { encodeSockaddrNetlink } from '../wire/sockaddr.ts'
import { must, SyscallError } from './errors.ts'
import { EINTR, ENOBUFS } from './kernel.ts'
import * as libc from './libc.ts'
import { Netlink } from './netlink.ts'
import { setReceiveBuffer } from './sockets.ts'

export class PacketQueue {
  /** Readable when packets wait. */
  readonly fd: number
  readonly #number: number
  readonly #into = new Uint8Array(READ_BYTES)
  /** The queue serves from the moment it is bound: what came before the kernel's yes. */
  readonly #before: Uint8Array[] = []

  /** Throws a sentence where this kernel has no such queues, or somebody else owns this one. */
  constructor(number: number, limits: QueueLimits) {
    const doing = `own packet queue ${number}`
    this.#number = number
    this.fd = must(
      libc.socket(libc.AF_NETLINK, libc.SOCK_RAW | libc.SOCK_CLOEXEC, Netlink.netfilter),
      doing,
      'socket',
    )
    try {
      // Without room for as many as the queue may have, 200 at once are too many, and the others are let through.
      const memory = limits.packetsMax * PACKET_MEMORY
      must(setReceiveBuffer(this.fd, memory), doing, 'setsockopt')
      must(libc.bind(this.fd, encodeSockaddrNetlink()), doing, 'bind')
      const body = encodeBind(number, limits)
      must(libc.send(this.fd, encodeMessage(QUEUE_CONFIG, FLAG_ACK, 0, body)), doing, 'send')
      const errno = this.#answer()
      if (errno !== 0) throw new SyscallError(doing, 'netlink', errno)
    } catch (error) {
      libc.close(this.fd)
      throw error
    }
  }

  /**
   * Hand over up to `packetsMax` that wait; true when there may be more. Packets are views that last as
   * long as the call.
   */
  drain(packetsMax: number, onPacket: (packet: QueuedPacket) => void): boolean {
    for (const message of this.#before.splice(0)) this.#handOver(message, onPacket)
    for (let packets = 0; packets < packetsMax; packets++) {
      const bytes = libc.recv(this.fd, this.#into)
      // What did not fit was let through by the kernel.
      if (bytes === -ENOBUFS || bytes === -EINTR) continue
      if (bytes <= 0) return false
      this.#handOver(this.#into.subarray(0, bytes), onPacket)
    }
    return true
  }

  /** Let a packet go on, under this mark. Harmless when the kernel has dropped it meanwhile. */
  accept(id: number, mark: number): void {
    libc.send(this.fd, encodeAccept(this.#number, id, mark))
  }

  drop(id: number): void {
    libc.send(this.fd, encodeDrop(this.#number, id))
  }

  #handOver(bytes: Uint8Array, onPacket: (packet: QueuedPacket) => void): void {
    for (const { type, body } of decodeMessages(bytes)) {
      const packet = type === QUEUE_PACKET ? decodePacket(body) : undefined
      if (packet !== undefined) onPacket(packet)
    }
  }

  /** The kernel has answered before send(2) returns; packets may stand in front of its answer. */
  #answer(): number {
    for (;;) {
      const bytes = libc.recv(this.fd, this.#into)
      if (bytes === -EINTR) continue
      if (bytes < 0) return bytes
      for (const message of decodeMessages(this.#into.subarray(0, bytes))) {
        if (message.type === NLMSG_ERROR) return decodeVerdict(message).errno
      }
      this.#before.push(this.#into.slice(0, bytes))
    }
  }
}

/** Of a SYN and what the kernel says about it; the kernel doubles it. */
const PACKET_MEMORY = 1_024
/** A packet of the largest size a queue may hand out here, and what the kernel says about it. */
const READ_BYTES = 4_096
