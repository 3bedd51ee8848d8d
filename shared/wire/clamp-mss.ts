/**
 * The largest segment that a TCP handshake through a tunnel may announce: a SYN or SYN+ACK that offers more
 * than fits is given less (RFC 9293 section 3.7.1 and, for both directions, what routers call MSS clamping).
 */
import {
  type IpPacket,
  IpProtocol,
  readIp,
  readTcp,
  readUint16,
  TcpFlag,
  updateChecksum,
  writeUint16,
} from './ip.ts'

/** `packetBytesMax` is what the tunnel carries. True when the packet was changed, checksum included. */
export function clampMss(packet: Uint8Array, packetBytesMax: number): boolean {
  const ip = readIp(packet)
  if (ip === undefined || ip.protocol !== IpProtocol.tcp) return false
  const tcp = readTcp(packet, ip)
  if (tcp === undefined || (tcp.flags & TcpFlag.syn) === 0) return false
  const mss = packetBytesMax - headerBytes(ip)
  for (let at = tcp.optionsAt; at < tcp.payloadAt; ) {
    const kind = packet[at]!
    if (kind === END) return false
    if (kind === NOP) {
      at += 1
      continue
    }
    const length = at + 1 < tcp.payloadAt ? packet[at + 1]! : 0
    if (length < 2 || at + length > tcp.payloadAt) return false
    if (kind === MSS && length === MSS_BYTES) return lower(packet, at + 2, tcp.checksumAt, mss)
    at += length
  }
  return false
}

function lower(packet: Uint8Array, at: number, checksumAt: number, mss: number): boolean {
  if (readUint16(packet, at) <= mss) return false
  const checksum = readUint16(packet, checksumAt)
  // RFC 1624 wants words at even offsets of what is summed; an odd one counts with its bytes swapped.
  const isOdd = (checksumAt - at) % 2 !== 0
  const before = readUint16(packet, at)
  writeUint16(packet, at, mss)
  const [was, is] = isOdd ? [swap(before), swap(mss)] : [before, mss]
  writeUint16(packet, checksumAt, updateChecksum(checksum, was, is))
  return true
}

function headerBytes(ip: IpPacket): number {
  return (ip.version === 4 ? 20 : 40) + 20
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8)
}

const END = 0
const NOP = 1
const MSS = 2
const MSS_BYTES = 4
