/**
 * "Packet too big": what a router says of a packet that does not fit into what comes next.
 *
 *     IPv4   ICMP type 3 code 4, fragmentation needed (RFC 792, RFC 1191: the MTU in the last 16 bits)
 *     IPv6   ICMPv6 type 2 code 0 (RFC 4443 section 3.2: the MTU in 32 bits)
 *
 *    +---------------+---------------+-------------------------------+
 *    |     Type      |     Code      |          Checksum             |
 *    +---------------+---------------+-------------------------------+
 *    |     MTU: 32 bits in IPv6, the low 16 of them in IPv4          |
 *    +---------------------------------------------------------------+
 *    |     as much of the packet as fits into what every host takes  |
 *    +---------------------------------------------------------------+
 */
import { IpProtocol, readIp, sum16, transportChecksum, writeUint16 } from './ip.ts'

/**
 * The whole IP packet to the sender of `packet`, from `router` (4 or 16 bytes, of the packet's version).
 * Undefined for what must not be answered: no IP, a later fragment, an ICMP error itself, a multicast or
 * unspecified source, an IPv4 packet that may be fragmented.
 */
export function icmpTooBig(
  packet: Uint8Array,
  mtu: number,
  router: Uint8Array,
): Uint8Array | undefined {
  const ip = readIp(packet)
  if (ip === undefined || ip.isLaterFragment || router.length !== ip.addressBytes) return undefined
  if (isIcmpError(packet, ip) || !isAnswerable(packet, ip)) return undefined
  return ip.version === 4 ? tooBig4(packet, mtu, router) : tooBig6(packet, mtu, router)
}

type Ip = NonNullable<ReturnType<typeof readIp>>

function tooBig4(packet: Uint8Array, mtu: number, router: Uint8Array): Uint8Array | undefined {
  const mayBeFragmented = (packet[6]! & DONT_FRAGMENT) === 0
  if (mayBeFragmented) return undefined
  const quoted = packet.subarray(0, Math.min(packet.length, IPV4_BYTES_MAX - 20 - 8))
  const answer = new Uint8Array(20 + 8 + quoted.length)
  answer[0] = 0x45
  // RFC 1812 section 4.3.2.5: precedence 6, internetwork control.
  answer[1] = 0xc0
  writeUint16(answer, 2, answer.length)
  answer[8] = HOPS
  answer[9] = IpProtocol.icmp
  answer.set(router, 12)
  answer.set(packet.subarray(12, 16), 16)
  writeUint16(answer, 10, ~sum16(answer, 0, 20) & 0xffff)
  answer[20] = 3
  answer[21] = 4
  writeUint16(answer, 26, mtu)
  answer.set(quoted, 28)
  writeUint16(answer, 22, ~sum16(answer, 20, answer.length) & 0xffff)
  return answer
}

function tooBig6(packet: Uint8Array, mtu: number, router: Uint8Array): Uint8Array | undefined {
  const quoted = packet.subarray(0, Math.min(packet.length, IPV6_BYTES_MAX - 40 - 8))
  const answer = new Uint8Array(40 + 8 + quoted.length)
  answer[0] = 0x60
  writeUint16(answer, 4, 8 + quoted.length)
  answer[6] = IpProtocol.icmpv6
  answer[7] = HOPS
  answer.set(router, 8)
  answer.set(packet.subarray(8, 24), 24)
  answer[40] = 2
  writeUint16(answer, 46, mtu)
  answer.set(quoted, 48)
  const ip = readIp(answer)
  if (ip === undefined) return undefined
  writeUint16(answer, 42, transportChecksum(answer, ip, 42))
  return answer
}

/** RFC 1122 section 3.2.2, RFC 4443 section 2.4 (e). An ICMP query is answered like any packet. */
function isIcmpError(packet: Uint8Array, ip: Ip): boolean {
  const type = packet[ip.payloadAt]
  if (ip.protocol === IpProtocol.icmpv6) return type === undefined || type < 128
  if (ip.protocol !== IpProtocol.icmp) return false
  return type === undefined || ICMP_ERRORS.has(type)
}

/** One host sent it, and one can be told. */
function isAnswerable(packet: Uint8Array, ip: Ip): boolean {
  const source = packet.subarray(ip.sourceAt, ip.sourceAt + ip.addressBytes)
  const first = source[0]!
  const isMulticast = ip.version === 4 ? first >= 224 : first === 0xff
  return !isMulticast && source.some((byte) => byte !== 0)
}

/** Destination unreachable, source quench, redirect, time exceeded, parameter problem. */
const ICMP_ERRORS = new Set([3, 4, 5, 11, 12])
const DONT_FRAGMENT = 0x40
const HOPS = 64
/** Every host takes so much (RFC 1812 section 4.3.2.3, RFC 8200 section 5). */
const IPV4_BYTES_MAX = 576
const IPV6_BYTES_MAX = 1_280
