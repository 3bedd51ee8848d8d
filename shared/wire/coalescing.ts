/**
 * Packets of one TCP or UDP flow that follow each other become one again, for a TUN device that takes a run of
 * equal packets at once: the way back of segmentation.ts.
 *
 *     virtio header │ headers of the first │ payload 1 │ payload 2 │ payload 3
 *
 * Only those join whose checksum is good (DataFlag), for the kernel makes it anew. All of a run have the same headers
 * but for what counts on by itself; all but the last have the same length.
 */
import { fold, IpProtocol, readUint16, sum16, TcpFlag, writeUint16 } from './ip.ts'
import { checksumOffsetOf } from './segmentation.ts'
import { readUint32 } from './tunnel.ts'
import { noVirtioHeader, VIRTIO_BYTES, VirtioFlag, VirtioGso, writeVirtio } from './virtio-net.ts'

/** A run that is being put together. Its memory is the caller's, who copies; here it is told what fits. */
export class Run {
  /** How many packets are in it, and how long they are together with the virtio header. */
  packets = 0
  bytes = 0
  /** Whether the device takes runs of UDP. */
  joinsUdp = true
  readonly #virtio = noVirtioHeader()
  #isTcp = false
  #is4 = false
  #transportAt = 0
  #headerBytes = 0
  #pieceBytes = 0
  #nextSequence = 0
  #nextId = 0
  #isPushed = false
  #isOver = false

  /** The packet is the first of a run, if others can follow it; false: it stands for itself. */
  begin(memory: Uint8Array, at: number, bytes: number, checksum: number): boolean {
    this.packets = 0
    if (checksum === 0 || !this.#look(memory, at, bytes)) return false
    if (!this.#isTcp && !this.joinsUdp) return false
    if (this.#isTcp && (memory[at + this.#transportAt + 13]! & ~PUSHED) !== TcpFlag.ack)
      return false
    this.#pieceBytes = bytes - this.#headerBytes
    if (this.#pieceBytes <= 0) return false
    this.packets = 1
    this.bytes = VIRTIO_BYTES + bytes
    this.#isOver = false
    this.#count(memory, at, this.#pieceBytes)
    if (this.#isOver) this.packets = 0
    return !this.#isOver
  }

  /** How many bytes of headers to leave out of the packet when its payload is added; 0: it does not follow. */
  follows(
    run: Uint8Array,
    memory: Uint8Array,
    at: number,
    bytes: number,
    checksum: number,
  ): number {
    if (this.packets === 0 || this.#isOver || checksum === 0) return 0
    const payloadBytes = bytes - this.#headerBytes
    if (payloadBytes <= 0 || payloadBytes > this.#pieceBytes) return 0
    if (this.packets === PACKETS_MAX || this.bytes + payloadBytes > RUN_BYTES_MAX) return 0
    if (!this.#hasSameIp(run, memory, at) || !this.#isWhole(memory, at, bytes)) return 0
    const transportAt = at + this.#transportAt
    const follows = this.#isTcp
      ? this.#hasSameTcp(run, memory, transportAt)
      : readUint32(run, VIRTIO_BYTES + this.#transportAt) === readUint32(memory, transportAt) &&
        this.#isWholeUdp(memory, transportAt, bytes - this.#transportAt)
    return follows ? this.#headerBytes : 0
  }

  /** It has been added. */
  add(memory: Uint8Array, at: number, bytes: number): void {
    const payloadBytes = bytes - this.#headerBytes
    this.packets += 1
    this.bytes += payloadBytes
    this.#count(memory, at, payloadBytes)
  }

  /** Make the headers in `run` those of the whole; nothing can be added any more. */
  finish(run: Uint8Array): void {
    if (this.packets > 1) this.#writeHeaders(run)
    this.#writeVirtio(run, 0, this.bytes - VIRTIO_BYTES, this.packets > 1)
    this.packets = 0
  }

  /** The virtio header of a packet that stands for itself, VIRTIO_BYTES before `at`. */
  writeSingle(memory: Uint8Array, at: number, bytes: number, checksum: number): void {
    if (checksum !== 0 && this.#look(memory, at, bytes)) {
      this.#writeVirtio(memory, at - VIRTIO_BYTES, bytes, false)
    } else writeVirtio(memory, at - VIRTIO_BYTES, NOTHING_TO_DO, 0)
  }

  #writeVirtio(memory: Uint8Array, at: number, bytes: number, isRun: boolean): void {
    const virtio = this.#virtio
    virtio.flags = VirtioFlag.partial
    virtio.gso = isRun ? this.#gso : VirtioGso.none
    virtio.pieceBytes = isRun ? this.#pieceBytes : 0
    virtio.checksumStart = this.#transportAt
    virtio.checksumOffset = this.#checksumOffset
    writeVirtio(memory, at, virtio, isRun ? this.#headerBytes : 0)
    const packetAt = at + VIRTIO_BYTES
    const transportAt = packetAt + this.#transportAt
    const protocol = this.#isTcp ? IpProtocol.tcp : IpProtocol.udp
    const addresses = sum16(memory, packetAt + (this.#is4 ? 12 : 8), transportAt)
    const sum = fold(addresses + protocol + bytes - this.#transportAt)
    writeUint16(memory, transportAt + this.#checksumOffset, sum)
  }

  get #gso(): number {
    if (!this.#isTcp) return VirtioGso.udp
    return this.#is4 ? VirtioGso.tcp4 : VirtioGso.tcp6
  }

  get #checksumOffset(): number {
    return checksumOffsetOf(this.#isTcp ? IpProtocol.tcp : IpProtocol.udp)
  }

  /** Where things stand; false for what is no whole TCP or UDP right behind an IP header without options. */
  #look(memory: Uint8Array, at: number, bytes: number): boolean {
    this.#is4 = memory[at] === 0x45
    this.#transportAt = this.#is4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES
    if (!this.#is4 && memory[at]! >> 4 !== 6) return false
    if (bytes < this.#transportAt + UDP_HEADER_BYTES) return false
    // A fragment.
    if (this.#is4 && (readUint16(memory, at + 6) & 0x3fff) !== 0) return false
    if (!this.#isWhole(memory, at, bytes)) return false
    const protocol = memory[at + (this.#is4 ? 9 : 6)]!
    this.#isTcp = protocol === IpProtocol.tcp
    const transportAt = at + this.#transportAt
    if (protocol === IpProtocol.udp) {
      this.#headerBytes = this.#transportAt + UDP_HEADER_BYTES
      return this.#isWholeUdp(memory, transportAt, bytes - this.#transportAt)
    }
    if (!this.#isTcp || bytes < this.#transportAt + TCP_HEADER_BYTES) return false
    this.#headerBytes = this.#transportAt + (memory[transportAt + 12]! >> 4) * 4
    return this.#headerBytes >= this.#transportAt + TCP_HEADER_BYTES && this.#headerBytes <= bytes
  }

  /** Its headers say so too: what the kernel gives the run for lengths counts for all in it. */
  #isWhole(memory: Uint8Array, at: number, bytes: number): boolean {
    if (this.#is4) return readUint16(memory, at + 2) === bytes
    return readUint16(memory, at + 4) === bytes - IPV6_HEADER_BYTES
  }

  #isWholeUdp(memory: Uint8Array, at: number, bytes: number): boolean {
    if (readUint16(memory, at + 4) !== bytes) return false
    // RFC 768: no checksum, and so it shall stay.
    return readUint16(memory, at + 6) !== 0
  }

  #count(memory: Uint8Array, at: number, payloadBytes: number): void {
    const transportAt = at + this.#transportAt
    if (this.#is4) this.#nextId = (readUint16(memory, at + 4) + 1) & 0xffff
    if (payloadBytes < this.#pieceBytes) this.#isOver = true
    if (!this.#isTcp) return
    this.#nextSequence = (readUint32(memory, transportAt + 4) + payloadBytes) >>> 0
    this.#isPushed = (memory[transportAt + 13]! & PUSHED) !== 0
    if (this.#isPushed) this.#isOver = true
  }

  #hasSameIp(run: Uint8Array, memory: Uint8Array, at: number): boolean {
    const first = VIRTIO_BYTES
    if (!this.#is4) {
      // Version, traffic class, flow label; next header and hop limit; addresses.
      if (readUint32(run, first) !== readUint32(memory, at)) return false
      if (readUint16(run, first + 6) !== readUint16(memory, at + 6)) return false
      return isSame(run, first + 8, memory, at + 8, 32)
    }
    // Version, length of header, traffic class; fragment, time to live, protocol; addresses.
    if (readUint16(run, first) !== readUint16(memory, at)) return false
    if (readUint16(run, first + 6) !== readUint16(memory, at + 6)) return false
    if (readUint16(run, first + 8) !== readUint16(memory, at + 8)) return false
    // RFC 6864: of what is never fragmented the identification means nothing.
    const mayBeFragmented = (memory[at + 6]! & 0x40) === 0
    if (mayBeFragmented && readUint16(memory, at + 4) !== this.#nextId) return false
    return isSame(run, first + 12, memory, at + 12, 8)
  }

  #hasSameTcp(run: Uint8Array, memory: Uint8Array, at: number): boolean {
    const first = VIRTIO_BYTES + this.#transportAt
    if (readUint32(run, first) !== readUint32(memory, at)) return false
    if (readUint32(memory, at + 4) !== this.#nextSequence) return false
    if (readUint32(run, first + 8) !== readUint32(memory, at + 8)) return false
    if (run[first + 12] !== memory[at + 12]) return false
    if (run[first + 13] !== (memory[at + 13]! & ~PUSHED)) return false
    if (readUint16(run, first + 14) !== readUint16(memory, at + 14)) return false
    const options = this.#headerBytes - this.#transportAt - TCP_HEADER_BYTES
    return isSame(run, first + 20, memory, at + 20, options)
  }

  #writeHeaders(run: Uint8Array): void {
    const at = VIRTIO_BYTES
    const bytes = this.bytes - VIRTIO_BYTES
    const transportAt = at + this.#transportAt
    if (this.#is4) {
      writeUint16(run, at + 2, bytes)
      writeUint16(run, at + 10, 0)
      writeUint16(run, at + 10, ~sum16(run, at, transportAt) & 0xffff)
    } else writeUint16(run, at + 4, bytes - IPV6_HEADER_BYTES)
    if (!this.#isTcp) writeUint16(run, transportAt + 4, bytes - this.#transportAt)
    else if (this.#isPushed) run[transportAt + 13]! |= PUSHED
  }
}

const NOTHING_TO_DO = noVirtioHeader()

/** `bytes` is a multiple of four. */
function isSame(
  one: Uint8Array,
  oneAt: number,
  other: Uint8Array,
  otherAt: number,
  bytes: number,
): boolean {
  for (let i = 0; i < bytes; i += 4) {
    if (readUint32(one, oneAt + i) !== readUint32(other, otherAt + i)) return false
  }
  return true
}

/** The kernel's own limits, with room. */
const PACKETS_MAX = 64
const RUN_BYTES_MAX = 65_000
const PUSHED = TcpFlag.psh
const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const UDP_HEADER_BYTES = 8
const TCP_HEADER_BYTES = 20
