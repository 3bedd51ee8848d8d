/**
 * Datagrams by the batch: many in one call of the kernel, and runs of equal ones as one message that the
 * kernel cuts (UDP_SEGMENT) or has put together (UDP_GRO).
 *
 *   headers   struct mmsghdr × n   ┌─▶ name      28 bytes, who sent it or to whom
 *             64 bytes each        ├─▶ iovec × k  16 bytes each, into the slots
 *                                  └─▶ control   the size of a piece, its traffic class, and our own address
 *
 * All memory is pinned, for these structures hold pointers. No call allocates, waits or throws.
 * (struct mmsghdr: a struct msghdr of 56 bytes as in wire/msghdr.ts, then the message's length as u32.)
 */
import { viewOf } from '../wire/netlink.ts'
import { EAGAIN, EINVAL, EIO, EMSGSIZE } from './kernel.ts'
import * as libc from './libc.ts'
import { pinned } from './pinned.ts'

/** What has come in together. One a thread is enough: what it holds lasts until the next `receive`. */
export class Arrivals {
  /** Where the messages are: i at `i * ARRIVAL_BYTES`. */
  readonly memory = pinned(MESSAGES * ARRIVAL_BYTES)
  /** The whole sockaddr_in6 that message i came from. */
  readonly sources: readonly Uint8Array[]
  /** How long message i is, and how long each piece of it is; the last may be shorter. */
  readonly lengths = new Uint32Array(MESSAGES)
  readonly pieces = new Uint32Array(MESSAGES)
  /** The traffic class (TOS) of message i as it stood in its outer header: DSCP and ECN. */
  readonly classes = new Uint8Array(MESSAGES)
  /** The address of ours that message i was sent to, 16 bytes; of a socket that does not tell all zero. */
  readonly locals: readonly Uint8Array[]
  readonly #headers = pinned(MESSAGES * MMSGHDR_BYTES)
  readonly #controls = pinned(MESSAGES * CONTROL_BYTES)
  readonly #header: DataView
  readonly #control: DataView

  constructor() {
    const locals = new Uint8Array(MESSAGES * ADDRESS_BYTES)
    const names = pinned(MESSAGES * NAME_BYTES)
    const iovecs = pinned(MESSAGES * IOVEC_BYTES)
    this.#header = viewOf(this.#headers.bytes)
    this.#control = viewOf(this.#controls.bytes)
    const iovec = viewOf(iovecs.bytes)
    for (let i = 0; i < MESSAGES; i++) {
      iovec.setBigUint64(i * IOVEC_BYTES, BigInt(this.memory.address + i * ARRIVAL_BYTES), true)
      iovec.setBigUint64(i * IOVEC_BYTES + 8, BigInt(ARRIVAL_BYTES), true)
      const at = i * MMSGHDR_BYTES
      this.#header.setBigUint64(at + NAME_AT, BigInt(names.address + i * NAME_BYTES), true)
      this.#header.setBigUint64(at + IOVEC_AT, BigInt(iovecs.address + i * IOVEC_BYTES), true)
      this.#header.setBigUint64(at + IOVECS_AT, 1n, true)
      const control = BigInt(this.#controls.address + i * CONTROL_BYTES)
      this.#header.setBigUint64(at + CONTROL_AT, control, true)
    }
    this.locals = Array.from({ length: MESSAGES }, (_, i) =>
      locals.subarray(i * ADDRESS_BYTES, (i + 1) * ADDRESS_BYTES),
    )
    this.sources = Array.from({ length: MESSAGES }, (_, i) =>
      names.bytes.subarray(i * NAME_BYTES, (i + 1) * NAME_BYTES),
    )
  }

  /** Take what is there, up to a batch: how many messages, 0 when there is none, or `-errno`. */
  receive(fd: number): number {
    for (let i = 0; i < MESSAGES; i++) {
      this.#header.setUint32(i * MMSGHDR_BYTES + NAME_BYTES_AT, NAME_BYTES, true)
      this.#header.setUint32(i * MMSGHDR_BYTES + CONTROL_BYTES_AT, CONTROL_BYTES, true)
    }
    const messages = libc.recvMessages(fd, this.#headers.bytes, MESSAGES)
    if (messages === -EAGAIN) return 0
    for (let i = 0; i < messages; i++) this.#look(i)
    return messages
  }

  #look(i: number): void {
    const length = this.#header.getUint32(i * MMSGHDR_BYTES + LENGTH_AT, true)
    this.lengths[i] = length
    this.pieces[i] = length
    this.classes[i] = 0
    const begin = i * CONTROL_BYTES
    const end = begin + this.#header.getUint32(i * MMSGHDR_BYTES + CONTROL_BYTES_AT, true)
    for (let at = begin; at + CMSGHDR_BYTES < end; ) {
      const bytes = this.#control.getUint32(at, true)
      if (bytes < CMSGHDR_BYTES) return
      const level = this.#control.getInt32(at + 8, true)
      const type = this.#control.getInt32(at + 12, true)
      const value = at + CMSGHDR_BYTES
      if (level === SOL_UDP && type === UDP_GRO) {
        this.pieces[i] = this.#control.getInt32(value, true)
      } else if (level === SOL_IP && type === IP_TOS) {
        this.classes[i] = this.#control.getUint8(value)
      } else if (level === SOL_IPV6 && type === IPV6_TCLASS) {
        this.classes[i] = this.#control.getInt32(value, true)
      } else if (level === SOL_IPV6 && type === IPV6_PKTINFO) {
        const local = this.locals[i]!
        for (let j = 0; j < ADDRESS_BYTES; j++) local[j] = this.#controls.bytes[value + j]!
      }
      at += (bytes + 7) & ~7
    }
  }
}

/** What shall leave together, by one socket. */
export class Departures {
  /** Datagrams that the kernel did not take, for want of room, of a route or of a line. */
  unsent = 0
  readonly #iovecs = pinned(DATAGRAMS * IOVEC_BYTES)
  readonly #headers = pinned(DATAGRAMS * MMSGHDR_BYTES)
  readonly #names = pinned(DATAGRAMS * NAME_BYTES)
  readonly #controls = pinned(DATAGRAMS * CONTROL_BYTES)
  readonly #iovec: DataView
  readonly #header: DataView
  readonly #control: DataView
  /** By message: how many datagrams are in it, and how long all but its last are. */
  readonly #inMessage = new Uint16Array(DATAGRAMS)
  #datagrams = 0
  #messages = 0
  #piece = 0
  #lastBytes = 0
  #messageBytes = 0
  #class = 0
  #to: Uint8Array | undefined
  /** False once the kernel has said that this way cannot be left in pieces. */
  #inPieces = true
  /** Of control messages, before the one that has the size of a piece. */
  readonly #leadBytes: number
  readonly #local: Uint8Array | undefined

  /** `local`: the address of ours from which all leaves; without it the kernel's choice, or that of the socket. */
  constructor(local?: Uint8Array) {
    this.#local = local && Uint8Array.from(local)
    this.#leadBytes = 2 * CMSG_SPACE + (local === undefined ? 0 : PKTINFO_SPACE)
    this.#iovec = viewOf(this.#iovecs.bytes)
    this.#header = viewOf(this.#headers.bytes)
    this.#control = viewOf(this.#controls.bytes)
  }

  /** How many more may be committed before `flush`. */
  get room(): number {
    return DATAGRAMS - this.#datagrams
  }

  /**
   * The datagram at `address`, in pinned memory that stays as it is until then, leaves with the next `flush`.
   * `to` is a sockaddr_in6, the same object for the same peer; undefined on a connected socket. There must be
   * room.
   */
  commit(address: number, bytes: number, trafficClass: number, to?: Uint8Array): void {
    const at = this.#datagrams
    this.#iovec.setUint32(at * IOVEC_BYTES, address % TWO_TO_THE_32, true)
    this.#iovec.setUint32(at * IOVEC_BYTES + 4, Math.floor(address / TWO_TO_THE_32), true)
    this.#iovec.setUint32(at * IOVEC_BYTES + 8, bytes, true)
    const goesOn =
      this.#messages > 0 &&
      this.#inPieces &&
      to === this.#to &&
      trafficClass === this.#class &&
      // All pieces but the last are of one size.
      this.#lastBytes === this.#piece &&
      bytes <= this.#piece &&
      this.#inMessage[this.#messages - 1]! < PIECES_MAX &&
      this.#messageBytes + bytes <= MESSAGE_BYTES_MAX
    if (!goesOn) this.#beginMessage(at, bytes, trafficClass, to)
    this.#inMessage[this.#messages - 1]!++
    this.#messageBytes += bytes
    this.#lastBytes = bytes
    this.#datagrams = at + 1
  }

  /** Send all. What the kernel does not take is dropped and counted: late is worse than never. */
  flush(fd: number): void {
    if (this.#datagrams === 0) return
    this.#endMessages()
    let sent = 0
    while (sent < this.#messages) {
      const from =
        sent === 0 ? this.#headers.bytes : this.#headers.bytes.subarray(sent * MMSGHDR_BYTES)
      const taken = libc.sendMessages(fd, from, this.#messages - sent)
      if (taken > 0) {
        sent += taken
        continue
      }
      // The first of those that are left was refused.
      if (this.#inMessage[sent]! > 1 && WHOLE_REFUSED.has(taken)) {
        // No checksum offload (before Linux 6.11), or IPsec: so it will be with the others.
        if (taken === -EIO) this.#inPieces = false
        this.#sendSingly(fd, sent)
      } else this.unsent += this.#inMessage[sent]!
      sent += 1
      if (taken !== -EAGAIN) continue
      for (; sent < this.#messages; sent++) this.unsent += this.#inMessage[sent]!
    }
    this.#datagrams = 0
    this.#messages = 0
  }

  #beginMessage(at: number, bytes: number, trafficClass: number, to: Uint8Array | undefined): void {
    const header = this.#messages * MMSGHDR_BYTES
    if (to !== undefined) {
      this.#names.bytes.set(to, this.#messages * NAME_BYTES)
      // The flow label, in which others may keep what they like.
      this.#names.bytes.fill(0, this.#messages * NAME_BYTES + 4, this.#messages * NAME_BYTES + 8)
    }
    const name = BigInt(this.#names.address + this.#messages * NAME_BYTES)
    this.#header.setBigUint64(header + NAME_AT, to === undefined ? 0n : name, true)
    this.#header.setUint32(header + NAME_BYTES_AT, to === undefined ? 0 : NAME_BYTES, true)
    const iovec = BigInt(this.#iovecs.address + at * IOVEC_BYTES)
    this.#header.setBigUint64(header + IOVEC_AT, iovec, true)
    this.#inMessage[this.#messages] = 0
    this.#messages += 1
    this.#piece = bytes
    this.#messageBytes = 0
    this.#class = trafficClass
    this.#to = to
    const control = (this.#messages - 1) * CONTROL_BYTES
    // Both families: the kernel reads the one of the packet and skips the other.
    this.#writeControl(control, SOL_IP, IP_TOS, 4, trafficClass)
    this.#writeControl(control + CMSG_SPACE, SOL_IPV6, IPV6_TCLASS, 4, trafficClass)
    if (this.#local !== undefined) {
      const at = control + 2 * CMSG_SPACE
      this.#writeControl(at, SOL_IPV6, IPV6_PKTINFO, PKTINFO_BYTES, 0)
      this.#controls.bytes.set(this.#local, at + CMSGHDR_BYTES)
    }
    this.#writeControl(control + this.#leadBytes, SOL_UDP, UDP_SEGMENT, 2, bytes)
  }

  #writeControl(at: number, level: number, type: number, bytes: number, value: number): void {
    this.#control.setUint32(at, CMSGHDR_BYTES + bytes, true)
    this.#control.setInt32(at + 8, level, true)
    this.#control.setInt32(at + 12, type, true)
    this.#control.setUint32(at + CMSGHDR_BYTES, value, true)
  }

  #endMessages(): void {
    for (let i = 0; i < this.#messages; i++) {
      const header = i * MMSGHDR_BYTES
      const count = this.#inMessage[i]!
      this.#header.setUint32(header + IOVECS_AT, count, true)
      const control = BigInt(this.#controls.address + i * CONTROL_BYTES)
      this.#header.setBigUint64(header + CONTROL_AT, control, true)
      this.#header.setUint32(
        header + CONTROL_BYTES_AT,
        count > 1 ? this.#leadBytes + CMSG_SPACE : this.#leadBytes,
        true,
      )
    }
  }

  /** One piece too long for the line keeps back the others. */
  #sendSingly(fd: number, message: number): void {
    const header = message * MMSGHDR_BYTES
    const first = this.#header.getBigUint64(header + IOVEC_AT, true)
    this.#header.setUint32(header + IOVECS_AT, 1, true)
    this.#header.setUint32(header + CONTROL_BYTES_AT, this.#leadBytes, true)
    const one = this.#headers.bytes.subarray(header)
    for (let i = 0; i < this.#inMessage[message]!; i++) {
      this.#header.setBigUint64(header + IOVEC_AT, first + BigInt(i * IOVEC_BYTES), true)
      if (libc.sendMessages(fd, one, 1) < 0) this.unsent += 1
    }
  }
}

/** Messages taken in one call. Each may hold 64 KiB that the kernel has put together. */
const MESSAGES = 16
export const ARRIVAL_BYTES = 65_536
/** Datagrams given in one call. */
export const DATAGRAMS = 64
/** The kernel's own limits for what it cuts. */
const PIECES_MAX = 64
const MESSAGE_BYTES_MAX = 65_000
/** By these the kernel refuses a message for one of its pieces, or for having some. */
const WHOLE_REFUSED: ReadonlySet<number> = new Set([-EIO, -EINVAL, -EMSGSIZE])
const TWO_TO_THE_32 = 4_294_967_296

const MMSGHDR_BYTES = 64
const NAME_AT = 0
const NAME_BYTES_AT = 8
const IOVEC_AT = 16
const IOVECS_AT = 24
const CONTROL_AT = 32
const CONTROL_BYTES_AT = 40
const LENGTH_AT = 56
const NAME_BYTES = 28
const IOVEC_BYTES = 16
const CMSGHDR_BYTES = 16
/** A header and an int, aligned. */
const CMSG_SPACE = 24
/** struct in6_pktinfo: an address, and the number of an interface. */
const ADDRESS_BYTES = 16
const PKTINFO_BYTES = 20
const PKTINFO_SPACE = 40
const CONTROL_BYTES = 3 * CMSG_SPACE + PKTINFO_SPACE

// Linux uapi.
const SOL_IP = 0
const IP_TOS = 1
const SOL_IPV6 = 41
const IPV6_PKTINFO = 50
const IPV6_TCLASS = 67
const SOL_UDP = 17
const UDP_SEGMENT = 103
const UDP_GRO = 104
