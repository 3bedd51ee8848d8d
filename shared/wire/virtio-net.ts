/**
 * What stands before each packet of a TUN device that offloads (linux/virtio_net.h): whether its checksum is
 * still to be made, and whether it is one packet or the run of equal ones that the kernel has not cut yet.
 *
 *    0               1               2               3
 *   +---------------+---------------+-------------------------------+
 *   |     Flags     |   GSO Type    |        Header Length          |   0   little-endian
 *   +---------------+---------------+-------------------------------+
 *   |           GSO Size            |        Checksum Start         |   4
 *   +-------------------------------+-------------------------------+
 *   |       Checksum Offset         |  the IP packet ...                8
 *   +-------------------------------+
 *
 * A checksum that is still to be made ("partial") holds the sum of the pseudo header alone. Checksum Start is
 * where the sum begins, Checksum Offset where it goes, from there; GSO Size is the payload of each packet.
 */

export const VIRTIO_BYTES = 10

export const VirtioFlag = { partial: 1, valid: 2 } as const
export const VirtioGso = { none: 0, tcp4: 1, tcp6: 4, udp: 5 } as const
/** Beside the type: the first packet says that congestion was heard of (CWR). */
const GSO_ECN = 0x80

/** Into the caller's. */
export interface VirtioHeader {
  flags: number
  gso: number
  pieceBytes: number
  checksumStart: number
  checksumOffset: number
}

export function noVirtioHeader(): VirtioHeader {
  return { flags: 0, gso: VirtioGso.none, pieceBytes: 0, checksumStart: 0, checksumOffset: 0 }
}

export function readVirtio(memory: Uint8Array, at: number, into: VirtioHeader): void {
  into.flags = memory[at]!
  into.gso = memory[at + 1]! & ~GSO_ECN
  into.pieceBytes = readLow16(memory, at + 4)
  into.checksumStart = readLow16(memory, at + 6)
  into.checksumOffset = readLow16(memory, at + 8)
}

/** `headerBytes`: all that is repeated in each packet of a run; 0 for a single packet. */
export function writeVirtio(
  memory: Uint8Array,
  at: number,
  header: Readonly<VirtioHeader>,
  headerBytes: number,
): void {
  memory[at] = header.flags
  memory[at + 1] = header.gso
  writeLow16(memory, at + 2, headerBytes)
  writeLow16(memory, at + 4, header.pieceBytes)
  writeLow16(memory, at + 6, header.checksumStart)
  writeLow16(memory, at + 8, header.checksumOffset)
}

function readLow16(memory: Uint8Array, at: number): number {
  return memory[at]! | (memory[at + 1]! << 8)
}

function writeLow16(memory: Uint8Array, at: number, value: number): void {
  memory[at] = value
  memory[at + 1] = value >>> 8
}
