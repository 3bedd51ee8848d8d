/**
 * Multipath TCP's traces in a TCP header (RFC 8684 section 3): option kind 30.
 *
 *   +---------------+---------------+-------+-----------------------+
 *   |   Kind = 30   |    Length     |Subtype|  by subtype ...       |
 *   +---------------+---------------+-------+-----------------------+
 *
 * A line of the lab takes them out as some middleboxes do: it writes NOPs over them, so that no
 * byte moves, and repairs the checksum.
 */
import {
  readIp,
  readTcp,
  readUint16,
  sum16,
  type TcpSegment,
  updateChecksum,
  writeUint16,
} from './ip.ts'
import { TcpOptionKind, tcpOptionBytes } from './tcp-option.ts'

/** RFC 8684 section 8.2. */
export const MptcpSubtype = {
  capable: 0x0,
  join: 0x1,
  dss: 0x2,
  addAddr: 0x3,
  removeAddr: 0x4,
  prio: 0x5,
  fail: 0x6,
  fastclose: 0x7,
  tcprst: 0x8,
} as const

/**
 * `bytes` from `at` on, kind and length included. `subtype` may be a number that nobody has named.
 */
export interface MptcpOption {
  readonly subtype: number
  readonly at: number
  readonly bytes: number
}

/**
 * In the order they stand. Behind an option without a right length there is no telling, so no more.
 */
export function findMptcpOptions(packet: Uint8Array, tcp: TcpSegment): MptcpOption[] {
  const found: MptcpOption[] = []
  for (let at = tcp.optionsAt; at < tcp.payloadAt; ) {
    const kind = packet[at]!
    const bytes = tcpOptionBytes(packet, at, tcp.payloadAt)
    if (kind === TcpOptionKind.endOfList || bytes === 0) break
    if (kind === TcpOptionKind.multipathTcp && bytes > 2) {
      found.push({ subtype: packet[at + 2]! >> 4, at, bytes })
    }
    at += bytes
  }
  return found
}

/**
 * Overwrite the MPTCP options of these subtypes with NOPs, in the packet itself, and keep its
 * checksum as right or wrong as it was. Answers how many; none in what is no whole TCP over IP.
 */
export function neutralise(packet: Uint8Array, subtypes: ReadonlySet<number>): number {
  const ip = readIp(packet)
  const tcp = ip && readTcp(packet, ip)
  if (tcp === undefined) return 0

  let neutralised = 0
  for (const { subtype, at, bytes } of findMptcpOptions(packet, tcp)) {
    if (!subtypes.has(subtype)) continue
    // The checksum counts 16-bit words. The whole option block has even ends, so none is cut.
    const from = at & ~1
    const to = (at + bytes + 1) & ~1
    const before = sum16(packet, from, to)
    packet.fill(TcpOptionKind.noOperation, at, at + bytes)
    const checksum = readUint16(packet, tcp.checksumAt)
    const after = sum16(packet, from, to)
    writeUint16(packet, tcp.checksumAt, updateChecksum(checksum, before, after))
    neutralised++
  }
  return neutralised
}
