/**
 * An IP packet as it comes out of a TUN device: where things stand in it, and its checksums.
 *
 * Nothing is copied: a reader gets offsets into the packet. Both versions look the same from above:
 *
 *   ┌────────────────────────────┬──────────────────────────────┬─────────┐
 *   │ IPv4 header with options,  │ TCP header  ┌──────────────┐ │ payload │
 *   │ or IPv6 with its extension │             │ TCP options  │ │         │
 *   │ headers                    │             └──────────────┘ │         │
 *   └────────────────────────────┴──────────────────────────────┴─────────┘
 *   0                            payloadAt     optionsAt        payloadAt  end
 *                                of the packet                  of the segment
 */

/** All offsets count from the packet's first byte. */
export interface IpPacket {
  readonly version: 4 | 6
  /** What follows the header and its extensions: `IpProtocol` names the common ones. */
  readonly protocol: number
  readonly sourceAt: number
  readonly destinationAt: number
  readonly addressBytes: 4 | 16
  readonly payloadAt: number
  /** Where the packet ends by its own word; bytes behind it are not part of it. */
  readonly end: number
  /** A fragment that is not the first: at `payloadAt` there is no header. */
  readonly isLaterFragment: boolean
}

/** Offsets as in `IpPacket`. */
export interface TcpSegment {
  readonly at: number
  /** `TcpFlag`s, the low eight. */
  readonly flags: number
  readonly checksumAt: number
  readonly optionsAt: number
  /** Also where the options end. */
  readonly payloadAt: number
}

/** IANA protocol numbers, those this house meets. */
export const IpProtocol = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const

/** RFC 9293 section 3.1. */
export const TcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, psh: 0x08, ack: 0x10 } as const

/** `undefined` for what is no whole IP packet. */
export function readIp(packet: Uint8Array): IpPacket | undefined {
  switch (packet.length > 0 ? packet[0]! >> 4 : 0) {
    case 4:
      return readIpv4(packet)
    case 6:
      return readIpv6(packet)
    default:
      return undefined
  }
}

/** The code point of a packet that `readIp` takes (RFC 2474). */
export function readDscp(packet: Uint8Array, { version }: Pick<IpPacket, 'version'>): number {
  if (version === 4) return packet[1]! >> 2
  return ((packet[0]! & 0x0f) << 2) | (packet[1]! >> 6)
}

/** RFC 791 section 3.1. */
function readIpv4(packet: Uint8Array): IpPacket | undefined {
  if (packet.length < IPV4_HEADER_BYTES) return undefined
  const payloadAt = (packet[0]! & 0x0f) * 4
  const end = readUint16(packet, 2)
  if (payloadAt < IPV4_HEADER_BYTES || payloadAt > end || end > packet.length) return undefined
  return {
    version: 4,
    protocol: packet[9]!,
    sourceAt: 12,
    destinationAt: 16,
    addressBytes: 4,
    payloadAt,
    end,
    isLaterFragment: (readUint16(packet, 6) & FRAGMENT_OFFSET_IPV4) !== 0,
  }
}

/** RFC 8200 sections 3 and 4. A jumbogram is no packet of ours. */
function readIpv6(packet: Uint8Array): IpPacket | undefined {
  if (packet.length < IPV6_HEADER_BYTES) return undefined
  const end = IPV6_HEADER_BYTES + readUint16(packet, 4)
  if (end > packet.length) return undefined

  let protocol = packet[6]!
  let payloadAt = IPV6_HEADER_BYTES
  let isLaterFragment = false
  while (EXTENSIONS.has(protocol) && !isLaterFragment) {
    if (payloadAt + 8 > end) return undefined
    if (protocol === FRAGMENT) {
      isLaterFragment = (readUint16(packet, payloadAt + 2) & FRAGMENT_OFFSET_IPV6) !== 0
    }
    const next = packet[payloadAt]!
    payloadAt += protocol === FRAGMENT ? 8 : (packet[payloadAt + 1]! + 1) * 8
    protocol = next
  }
  if (payloadAt > end) return undefined
  return {
    version: 6,
    protocol,
    sourceAt: 8,
    destinationAt: 24,
    addressBytes: 16,
    payloadAt,
    end,
    isLaterFragment,
  }
}

/** `undefined` for what is no TCP, or not the beginning of it. */
export function readTcp(packet: Uint8Array, ip: IpPacket): TcpSegment | undefined {
  const at = ip.payloadAt
  if (ip.protocol !== IpProtocol.tcp || ip.isLaterFragment) return undefined
  if (at + TCP_HEADER_BYTES > ip.end) return undefined
  const payloadAt = at + (packet[at + 12]! >> 4) * 4
  const optionsAt = at + TCP_HEADER_BYTES
  if (payloadAt < optionsAt || payloadAt > ip.end) return undefined
  return { at, flags: packet[at + 13]!, checksumAt: at + 16, optionsAt, payloadAt }
}

/**
 * The ones' complement sum of the 16-bit words in the range, the last padded with zero (RFC 1071).
 */
export function sum16(bytes: Uint8Array, at: number, end: number): number {
  let sum = 0
  let i = at
  for (; i + 1 < end; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!
  if (i < end) sum += bytes[i]! << 8
  return fold(sum)
}

/** The checksum an unfragmented TCP, UDP or ICMPv6 packet should carry at `checksumAt`. */
export function transportChecksum(packet: Uint8Array, ip: IpPacket, checksumAt: number): number {
  const addresses = sum16(packet, ip.sourceAt, ip.destinationAt + ip.addressBytes)
  const payload = sum16(packet, ip.payloadAt, ip.end)
  const carried = readUint16(packet, checksumAt)
  const length = ip.end - ip.payloadAt
  return ~fold(addresses + ip.protocol + length + payload + (~carried & 0xffff)) & 0xffff
}

/**
 * The checksum after a part of what it covers has changed, from the sums of that part before and
 * after (RFC 1624, equation 3). The part must start at an even offset.
 */
export function updateChecksum(checksum: number, before: number, after: number): number {
  return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff
}

/** 16 bits in network order. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!
}

export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8
  bytes[at + 1] = value & 0xff
}

/** Carry what is above 16 bits back in at the bottom. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const TCP_HEADER_BYTES = 20
const FRAGMENT_OFFSET_IPV4 = 0x1fff
const FRAGMENT_OFFSET_IPV6 = 0xfff8
const FRAGMENT = 44
/**
 * Hop-by-hop, routing, fragment, destination options, mobility, HIP, Shim6: length in 8-byte units.
 */
const EXTENSIONS = new Set([0, 43, FRAGMENT, 60, 135, 139, 140])
