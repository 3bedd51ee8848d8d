/**
 * The packets in what a TUN device that offloads gives at once: one, or a run of equal ones of one TCP or UDP
 * flow, of which only the first has headers.
 *
 *     header │ payload 1 │ payload 2 │ payload 3
 *               header 2 ┘  header 3 ┘
 *
 * Nothing is copied but headers: each is written where the payload before it ended, which has been taken away
 * by then. So the packets must be cut in their order, and each is gone when the next is cut.
 */
import { fold, IpProtocol, readUint16, sum16, writeUint16 } from './ip.ts'
import { DataFlag, readUint32, writeUint32 } from './tunnel.ts'
import { noVirtioHeader, readVirtio, VIRTIO_BYTES, VirtioFlag, VirtioGso } from './virtio-net.ts'

export class Segmentation {
  /** Of the packet cut last: where it stands, how long it is, whether its checksum is good (DataFlag) or 0. */
  at = 0
  bytes = 0
  checksum = 0
  readonly #virtio = noVirtioHeader()
  #packetAt = 0
  #end = 0
  #isPlain = false
  /** Of each packet of a run: headers, and the ones' complement sums of what does not change in them. */
  #headerBytes = 0
  #ipSum = 0
  #pseudoSum = 0
  #flags = 0

  /** How many packets the `bytes` from `at` on hold, virtio header first; 0 for what is none. */
  read(memory: Uint8Array, at: number, bytes: number): number {
    if (bytes <= VIRTIO_BYTES) return 0
    const virtio = this.#virtio
    readVirtio(memory, at, virtio)
    this.#packetAt = at + VIRTIO_BYTES
    this.#end = at + bytes
    this.#isPlain = this.#tellsChecksum(memory)
    if (virtio.gso === VirtioGso.none) return this.#fits(2) || !this.#isPartial ? 1 : 0
    if (!this.#isPartial || virtio.pieceBytes === 0) return 0
    return this.#readRun(memory)
  }

  /** The packet of this number, counted from 0. */
  cut(memory: Uint8Array, index: number): void {
    const { gso, pieceBytes } = this.#virtio
    if (gso === VirtioGso.none) {
      this.at = this.#packetAt
      this.bytes = this.#end - this.#packetAt
    } else {
      const before = this.at
      const payloadAt = this.#packetAt + this.#headerBytes + index * pieceBytes
      const payloadBytes = Math.min(pieceBytes, this.#end - payloadAt)
      this.at = payloadAt - this.#headerBytes
      this.bytes = this.#headerBytes + payloadBytes
      if (index > 0) memory.copyWithin(this.at, before, before + this.#headerBytes)
      this.#writeIp(memory, index)
      this.#writeTransport(memory, index, payloadAt + payloadBytes === this.#end)
    }
    this.#tellChecksum(memory)
  }

  get #isPartial(): boolean {
    return (this.#virtio.flags & VirtioFlag.partial) !== 0
  }

  get #transportAt(): number {
    return this.#virtio.checksumStart
  }

  /** There are so many bytes where the checksum is to go. */
  #fits(bytes: number): boolean {
    const { checksumStart, checksumOffset } = this.#virtio
    return this.#packetAt + checksumStart + checksumOffset + bytes <= this.#end
  }

  /** The far end looks for the checksum right behind an IP header without options (coalescing.ts). */
  #tellsChecksum(memory: Uint8Array): boolean {
    const at = this.#packetAt
    const { checksumStart, checksumOffset } = this.#virtio
    const is4 = memory[at] === 0x45
    if (checksumStart !== (is4 ? IPV4_HEADER_BYTES : IPV6_HEADER_BYTES)) return false
    return checksumOffset === checksumOffsetOf(memory[at + (is4 ? 9 : 6)]!)
  }

  #readRun(memory: Uint8Array): number {
    const at = this.#packetAt
    const transportAt = at + this.#transportAt
    const isTcp = this.#virtio.gso !== VirtioGso.udp
    if (!this.#fits(2) || transportAt + UDP_HEADER_BYTES > this.#end) return 0
    if (isTcp && transportAt + TCP_HEADER_BYTES > this.#end) return 0
    const transportBytes = isTcp ? (memory[transportAt + 12]! >> 4) * 4 : UDP_HEADER_BYTES
    this.#headerBytes = this.#transportAt + transportBytes
    const payloadBytes = this.#end - at - this.#headerBytes
    if (payloadBytes <= 0) return 0
    // Without total length, identification and the sum itself.
    this.#ipSum =
      readUint16(memory, at) +
      readUint16(memory, at + 6) +
      readUint16(memory, at + 8) +
      sum16(memory, at + 12, transportAt)
    const said = readUint16(memory, transportAt + this.#virtio.checksumOffset)
    this.#pseudoSum = fold(said + (~(this.#end - transportAt) & 0xffff))
    if (isTcp) this.#flags = memory[transportAt + 13]!
    return Math.ceil(payloadBytes / this.#virtio.pieceBytes)
  }

  #writeIp(memory: Uint8Array, index: number): void {
    const { at, bytes } = this
    if (memory[at]! >> 4 === 6) {
      writeUint16(memory, at + 4, bytes - IPV6_HEADER_BYTES)
      return
    }
    // It was copied from the packet before.
    const id = (readUint16(memory, at + 4) + (index > 0 ? 1 : 0)) & 0xffff
    writeUint16(memory, at + 2, bytes)
    writeUint16(memory, at + 4, id)
    writeUint16(memory, at + 10, ~fold(this.#ipSum + bytes + id) & 0xffff)
  }

  #writeTransport(memory: Uint8Array, index: number, isLast: boolean): void {
    const at = this.at + this.#transportAt
    const bytes = this.bytes - this.#transportAt
    if (this.#virtio.gso === VirtioGso.udp) writeUint16(memory, at + 4, bytes)
    else {
      if (index > 0)
        writeUint32(memory, at + 4, readUint32(memory, at + 4) + this.#virtio.pieceBytes)
      const notHere = (isLast ? 0 : TCP_LAST_ONLY) | (index === 0 ? 0 : TCP_CWR)
      memory[at + 13] = this.#flags & ~notHere
    }
    writeUint16(memory, at + this.#virtio.checksumOffset, fold(this.#pseudoSum + bytes))
  }

  /** What the far end could not complete is completed here. */
  #tellChecksum(memory: Uint8Array): void {
    const isValid = (this.#virtio.flags & VirtioFlag.valid) !== 0
    const isGood = this.#isPartial ? this.#isPlain : isValid
    this.checksum = isGood ? DataFlag.goodChecksum : 0
    if (!this.#isPartial || this.#isPlain) return
    const from = this.at + this.#transportAt
    const sum = ~sum16(memory, from, this.at + this.bytes) & 0xffff
    // RFC 768: zero would say that there is none.
    writeUint16(memory, from + this.#virtio.checksumOffset, sum === 0 ? 0xffff : sum)
  }
}

/** Where TCP and UDP have their checksum, from their own beginning; -1 for others. */
export function checksumOffsetOf(protocol: number): number {
  if (protocol === IpProtocol.tcp) return 16
  return protocol === IpProtocol.udp ? 6 : -1
}

const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const UDP_HEADER_BYTES = 8
const TCP_HEADER_BYTES = 20
/** FIN and PSH. */
const TCP_LAST_ONLY = 0x09
const TCP_CWR = 0x80
