/**
 * What a Convert message is made of (RFC 8803 section 6.2): type, length in words, value.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |   Type 0x01   |       1       |             zero              |  Info
 *   +---------------+---------------+-------------------------------+
 *   |   Type 0x0a   |   5 or more   |       Remote Peer Port        |  Connect
 *   |            Remote Peer IP Address (128 bits)                  |
 *   |            [ TCP options ]                                    |
 *   +---------------+---------------+-------------------------------+
 *   |   Type 0x14   |    Length     |          unassigned           |  Extended TCP Header
 *   |            TCP options of the server's SYN+ACK                |
 *   +---------------+---------------+-------------------------------+
 *   |   Type 0x15   |    Length     |          unassigned           |  Supported TCP Extensions
 *   |     Kind      |     Kind      |              ...              |
 *   +---------------+---------------+-------------------------------+
 *   |   Type 0x16   |    Length     |             zero              |  Cookie
 *   |            opaque                                             |
 *   +---------------+---------------+---------------+---------------+
 *   |   Type 0x1e   |    Length     |  Error Code   |   Value ...   |  Error
 *   +---------------+---------------+---------------+---------------+
 *
 * What does not fill its last word is padded with zeros.
 */
import { parsePrefix, prefixContains } from './address.ts'
import type { ConvertTlv } from './convert.ts'
import { readTcpOptions, TcpOptionKind, tcpOptionsBytes, writeTcpOptions } from './tcp-option.ts'

/** Why a TLV cannot be taken: its form is wrong, or its type is none we know. */
export type TlvRefusal = 'malformed' | 'unsupported'

/**
 * The TLV from `at` to `end`, which its own length has framed. Its values are views into `bytes`.
 */
export function decodeTlv(bytes: Uint8Array, at: number, end: number): ConvertTlv | TlvRefusal {
  const body = bytes.subarray(at + WORD, end)
  switch (bytes[at]!) {
    case TYPE.info:
      return body.length === 0 ? { type: 'info' } : 'malformed'
    case TYPE.connect:
      return decodeConnect((bytes[at + 2]! << 8) | bytes[at + 3]!, body)
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.6
    //# The Unassigned field MUST be set to zero by the sender and ignored by
    //# the receiver.
    case TYPE.extendedTcpHeader:
      return { type: 'extendedTcpHeader', options: body }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.4
    //# The Unassigned field MUST be set
    //# to zero by the Transport Converter and ignored by the Client.
    case TYPE.supportedTcpExtensions:
      return { type: 'supportedTcpExtensions', kinds: [...body].filter((kind) => kind !== 0) }
    case TYPE.cookie:
      return { type: 'cookie', cookie: body }
    case TYPE.error:
      return { type: 'error', code: bytes[at + 2]!, value: bytes.subarray(at + 3, end) }
    //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.2
    //# If a Converter
    //# receives a TLV of type 0x0, it MUST return an Unsupported Message
    //# Error TLV and close the associated TCP connection.
    default:
      return 'unsupported'
  }
}

function decodeConnect(port: number, body: Uint8Array): ConvertTlv | TlvRefusal {
  if (body.length < ADDRESS_BYTES) return 'malformed'
  const address = body.subarray(0, ADDRESS_BYTES)
  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
  //# Further, the Remote Peer IP Address field MUST
  //# NOT include multicast, broadcast, or host loopback addresses
  //# [RFC6890].  If a Converter receives a Connect TLV with such invalid
  //# addresses, it MUST reply with a Malformed Message Error TLV and close
  //# the associated TCP connection.
  if (NEVER_A_PEER.some((prefix) => prefixContains(prefix, address))) {
    return 'malformed'
  }
  if (body.length === ADDRESS_BYTES) return { type: 'connect', port, address }

  const asked = readTcpOptions(body.subarray(ADDRESS_BYTES))
  if (asked === undefined) return 'malformed'
  //= https://www.rfc-editor.org/rfc/rfc8803#section-7.1
  //# A Transport Converter MUST ignore options with Kind=0, 1, or 2 if
  //# they appear in a Connect TLV.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-7.2
  //# For this reason, a Transport Converter MUST ignore
  //# option Kind=3 if it appears in a Connect TLV.
  //= https://www.rfc-editor.org/rfc/rfc8803#section-7.3
  //# For this reason, a Transport Converter MUST ignore option
  //# Kind=5 if it appears in a Connect TLV.
  return { type: 'connect', port, address, options: asked.filter(({ kind }) => mayAsk(kind)) }
}

/** Write the TLV at `at` into zeroed `bytes`. Throws a `RangeError` on what it cannot say. */
export function encodeTlv(tlv: ConvertTlv, bytes: Uint8Array, at: number): void {
  bytes[at] = TYPE[tlv.type]
  bytes[at + 1] = tlvWords(tlv)
  switch (tlv.type) {
    case 'info':
      return
    case 'connect':
      if (tlv.port < 0 || tlv.port > 65_535) throw new RangeError(`Cannot encode port ${tlv.port}`)
      bytes[at + 2] = tlv.port >> 8
      bytes[at + 3] = tlv.port & 0xff
      if (tlv.address.length !== ADDRESS_BYTES) {
        throw new RangeError(`Cannot encode Connect: an address of ${tlv.address.length} bytes`)
      }
      //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
      //# The Remote Peer IP Address MUST be encoded as an IPv6 address.  IPv4
      //# addresses MUST be encoded using the IPv4-mapped IPv6 address format
      //# defined in [RFC4291].
      bytes.set(tlv.address, at + WORD)
      if (tlv.options === undefined) return
      //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.5
      //# The
      //# TCP options that do not include a length sub-field, i.e., option
      //# types 0 (EOL) and 1 (NOP) defined in [RFC0793] MUST NOT be placed
      //# inside the TCP options field of the Connect TLV.
      for (const { kind } of tlv.options) {
        if (!mayAsk(kind)) throw new RangeError(`Cannot ask for TCP option ${kind}`)
      }
      writeTcpOptions(tlv.options, bytes, at + WORD + ADDRESS_BYTES)
      return
    case 'extendedTcpHeader':
      bytes.set(tlv.options, at + WORD)
      return
    case 'supportedTcpExtensions':
      //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.4
      //# TCP option Kinds 1 and 2 defined in [RFC0793] are supported by all
      //# TCP implementations and thus, MUST NOT appear in this list.
      //= https://www.rfc-editor.org/rfc/rfc8803#section-7.1
      //# It MUST NOT announce them in a
      //# Supported TCP Extensions TLV.
      //= https://www.rfc-editor.org/rfc/rfc8803#section-7.2
      //# The Transport
      //# Converter MUST NOT announce a WS option (Kind=3) in a Supported TCP
      //# Extensions TLV.
      //= https://www.rfc-editor.org/rfc/rfc8803#section-7.3
      //# It MUST NOT announce it in a
      //# TCP Supported Extensions TLV.
      //= https://www.rfc-editor.org/rfc/rfc8803#section-7.7
      //# A Transport Converter MUST NOT advertise the TCP-AO (Kind=29) in the
      //# Supported TCP Extensions TLV.
      for (const kind of tlv.kinds) {
        if (!mayAsk(kind) || kind === TcpOptionKind.tcpAuthentication) {
          throw new RangeError(`Cannot announce TCP option ${kind}`)
        }
      }
      bytes.set(tlv.kinds, at + WORD)
      return
    case 'cookie':
      bytes.set(tlv.cookie, at + WORD)
      return
    case 'error':
      if (tlv.code < 0 || tlv.code > 255) throw new RangeError(`Cannot encode error ${tlv.code}`)
      bytes[at + 2] = tlv.code
      bytes.set(tlv.value, at + 3)
  }
}

/** How many 32-bit words the TLV takes, its own header included. */
export function tlvWords(tlv: ConvertTlv): number {
  switch (tlv.type) {
    case 'info':
      return 1
    case 'connect':
      if (tlv.options === undefined) return CONNECT_WORDS
      // Only its length tells an Extended Connect: one that asks for nothing still has a word more.
      return CONNECT_WORDS + Math.max(1, Math.ceil(tcpOptionsBytes(tlv.options) / WORD))
    case 'extendedTcpHeader':
      return Math.ceil((4 + tlv.options.length) / WORD)
    case 'supportedTcpExtensions':
      return Math.ceil((4 + tlv.kinds.length) / WORD)
    case 'cookie':
      return Math.ceil((4 + tlv.cookie.length) / WORD)
    case 'error':
      return Math.ceil((3 + tlv.value.length) / WORD)
  }
}

/** Kinds that belong to each connection's own stack are neither asked for nor announced. (§7) */
function mayAsk(kind: number): boolean {
  return kind > TcpOptionKind.windowScale && kind !== TcpOptionKind.sack && kind <= 255
}

const WORD = 4
const ADDRESS_BYTES = 16
const CONNECT_WORDS = 5
const TYPE = {
  info: 0x01,
  connect: 0x0a,
  extendedTcpHeader: 0x14,
  supportedTcpExtensions: 0x15,
  cookie: 0x16,
  error: 0x1e,
} as const
const NEVER_A_PEER = ['224.0.0.0/4', '255.255.255.255', '127.0.0.0/8', 'ff00::/8', '::1'].map(
  (text) => parsePrefix(text)!,
)
