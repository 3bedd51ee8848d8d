/**
 * What a home is called inside the tunnel, and how it learns that: one question and one answer, each an
 * IPv6 packet in the tunnel, and so sealed like any other.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |    IPv6 header: fe80:: to fe80::, next header 253, which is   |   0
 *   |    for experiments and crosses no router (RFC 3692, RFC 4291) |
 *   +---------------------------------------------------------------+
 *   |                    Magic Number = 0x68796274                  |  40
 *   +---------------+-----------------------------------------------+
 *   | 1 ask, 2 tell | prefix length |        reserved, zero         |  44
 *   +---------------+-----------------------------------------------+
 *   |              the home's IPv4 address (tell only)              |  48
 *   +---------------------------------------------------------------+
 *   |              the home's IPv6 address (tell only)              |  52
 *   |                              ...                              |
 *   +---------------------------------------------------------------+
 *
 * A prefix length says that all addresses that have so many bits in common with the home's IPv6 address are
 * the home's; 0 that it has that one alone.
 */
import type { Prefix } from './address.ts'
import { readUint32, writeUint32 } from './tunnel.ts'

/** 16 bytes each, IPv4 as ::ffff:a.b.c.d. */
export interface InnerAddresses {
  readonly ipv4: Uint8Array
  readonly ipv6: Uint8Array
  /** How much of it is the home's prefix; 128 for a home without one. */
  readonly bits6: number
}

export function encodeAsk(): Uint8Array {
  return packetOf(ASK, ASK_BYTES)
}

export function encodeTell({ ipv4, ipv6, bits6 }: InnerAddresses): Uint8Array {
  const packet = packetOf(TELL, TELL_BYTES)
  packet.set(ipv4.subarray(12), IPV4_AT)
  packet.set(ipv6, IPV6_AT)
  packet[PREFIX_AT] = bits6 % ADDRESS_BITS
  return packet
}

/** What a packet from the tunnel says about addresses; undefined for all others. */
export function decodeInner(
  memory: Uint8Array,
  at: number,
  bytes: number,
): 'ask' | InnerAddresses | undefined {
  if (bytes < ASK_BYTES || memory[at]! >> 4 !== 6 || memory[at + 6] !== NEXT_HEADER)
    return undefined
  // Between link-local addresses: no router forwards such a packet, so no host of the LAN and none in the
  // Internet sends one through the tunnel, and gives a home addresses of its choice.
  if (!isLinkLocal(memory, at + SOURCE_AT) || !isLinkLocal(memory, at + DESTINATION_AT))
    return undefined
  if (readUint32(memory, at + MAGIC_AT) !== MAGIC) return undefined
  if (memory[at + TYPE_AT] === ASK) return 'ask'
  if (memory[at + TYPE_AT] !== TELL || bytes < TELL_BYTES) return undefined
  const ipv4 = new Uint8Array(16)
  ipv4.fill(0xff, 10, 12)
  ipv4.set(memory.subarray(at + IPV4_AT, at + IPV6_AT), 12)
  const said = memory[at + PREFIX_AT]!
  const bits6 = said >= PREFIX_BITS_MIN && said < ADDRESS_BITS ? said : ADDRESS_BITS
  return { ipv4, ipv6: memory.slice(at + IPV6_AT, at + TELL_BYTES), bits6 }
}

/** The address at `place` in a prefix, whose own address is at 0. */
export function addressIn({ address }: Prefix, place: number): Uint8Array {
  const own = address.slice()
  writeUint32(own, 12, readUint32(own, 12) + place)
  return own
}

/**
 * At which place of one of the two prefixes the packet's source or destination stands, which is the number
 * of a home; negative for an address of neither, and for what is no whole header.
 */
export function placeOf(
  whose: 'source' | 'destination',
  prefix4: Prefix,
  prefix6: Prefix,
  memory: Uint8Array,
  at: number,
  bytes: number,
): number {
  switch (bytes > 0 ? memory[at]! >> 4 : 0) {
    case 4: {
      if (bytes < IPV4_HEADER_BYTES) return NOWHERE
      const from = at + (whose === 'source' ? 12 : 16)
      return readUint32(memory, from) - readUint32(prefix4.address, 12)
    }
    case 6: {
      if (bytes < IPV6_HEADER_BYTES) return NOWHERE
      const from = at + (whose === 'source' ? 8 : 24)
      for (let i = 0; i < 12; i++) if (memory[from + i] !== prefix6.address[i]) return NOWHERE
      return readUint32(memory, from + 12) - readUint32(prefix6.address, 12)
    }
    default:
      return NOWHERE
  }
}

function packetOf(type: number, bytes: number): Uint8Array {
  const packet = new Uint8Array(bytes)
  packet[0] = 0x60
  packet[5] = bytes - IPV6_HEADER_BYTES
  packet[6] = NEXT_HEADER
  packet[7] = 1
  for (const at of [SOURCE_AT, DESTINATION_AT]) packet.set(LINK_LOCAL, at)
  writeUint32(packet, MAGIC_AT, MAGIC)
  packet[TYPE_AT] = type
  return packet
}

/** fe80:: itself. */
function isLinkLocal(memory: Uint8Array, at: number): boolean {
  if (memory[at] !== LINK_LOCAL[0] || memory[at + 1] !== LINK_LOCAL[1]) return false
  for (let i = LINK_LOCAL.length; i < ADDRESS_BYTES; i++) if (memory[at + i] !== 0) return false
  return true
}

const NOWHERE = -1
const SOURCE_AT = 8
const DESTINATION_AT = 24
const ADDRESS_BYTES = 16
const ADDRESS_BITS = 128
/** Nobody has more of the Internet. */
const PREFIX_BITS_MIN = 32
const IPV4_HEADER_BYTES = 20
const IPV6_HEADER_BYTES = 40
const LINK_LOCAL = Uint8Array.of(0xfe, 0x80)
const NEXT_HEADER = 253
const MAGIC = 0x6879_6274
const MAGIC_AT = 40
const TYPE_AT = 44
const PREFIX_AT = 45
const IPV4_AT = 48
const IPV6_AT = 52
const ASK = 1
const TELL = 2
const ASK_BYTES = 48
const TELL_BYTES = 68
