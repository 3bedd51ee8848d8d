/**
 * The largest segment that a TCP handshake through a tunnel may announce: a SYN or SYN+ACK that offers more
 * than fits is given less (RFC 9293 section 3.7.1 and, for both directions, what routers call MSS clamping).
 *
 * Every packet is looked at, so what is no SYN costs two bytes. Behind extension headers a SYN is left as it is:
 * the kernel then says too-big.
 */
import { IpProtocol, readUint16, TcpFlag, updateChecksum, writeUint16 } from './ip.ts'

/** `packetBytesMax` is what the tunnel carries. True when the packet was changed, checksum included. */
export function clampMss(
  memory: Uint8Array,
  at: number,
  bytes: number,
  packetBytesMax: number,
): boolean {
  const tcpAt = synAt(memory, at, bytes)
  if (tcpAt < 0) return false
  const end = tcpAt + (memory[tcpAt + 12]! >> 4) * 4
  if (end > at + bytes) return false
  const mss = packetBytesMax - (tcpAt - at) - TCP_HEADER_BYTES
  for (let option = tcpAt + TCP_HEADER_BYTES; option < end; ) {
    const kind = memory[option]!
    if (kind === END) return false
    if (kind === NOP) {
      option += 1
      continue
    }
    const length = option + 1 < end ? memory[option + 1]! : 0
    if (length < 2 || option + length > end) return false
    if (kind === MSS && length === MSS_BYTES) return lower(memory, option + 2, tcpAt, mss)
    option += length
  }
  return false
}

/** Where the TCP header of a SYN is; -1 for every other packet. */
function synAt(memory: Uint8Array, at: number, bytes: number): number {
  let tcpAt = -1
  if (bytes >= IPV4_HEADER_BYTES && memory[at]! >> 4 === 4) {
    // A later fragment has no header.
    const isLater = (memory[at + 6]! & 0x1f) !== 0 || memory[at + 7] !== 0
    if (memory[at + 9] === IpProtocol.tcp && !isLater) tcpAt = at + (memory[at]! & 0x0f) * 4
  } else if (bytes >= IPV6_HEADER_BYTES && memory[at]! >> 4 === 6) {
    if (memory[at + 6] === IpProtocol.tcp) tcpAt = at + IPV6_HEADER_BYTES
  }
  if (tcpAt < 0 || tcpAt + TCP_HEADER_BYTES > at + bytes) return -1
  return (memory[tcpAt + 13]! & TcpFlag.syn) === 0 ? -1 : tcpAt
}

function lower(memory: Uint8Array, mssAt: number, tcpAt: number, mss: number): boolean {
  const before = readUint16(memory, mssAt)
  if (before <= mss) return false
  const checksumAt = tcpAt + CHECKSUM_AT
  const checksum = readUint16(memory, checksumAt)
  // RFC 1624 wants words at even offsets of what is summed; an odd one counts with its bytes swapped.
  const isOdd = (mssAt - tcpAt) % 2 !== 0
  writeUint16(memory, mssAt, mss)
  const [was, is] = isOdd ? [swap(before), swap(mss)] : [before, mss]
  writeUint16(memory, checksumAt, updateChecksum(checksum, was, is))
  return true
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >> 8)
}

const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const TCP_HEADER_BYTES = 20
const CHECKSUM_AT = 16
const END = 0
const NOP = 1
const MSS = 2
const MSS_BYTES = 4
