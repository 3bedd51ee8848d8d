/**
 * RADIUS as a network access server speaks it with an operator's AAA: accounting (RFC 2866) and changes of
 * authorization (RFC 5176). One packet a UDP datagram.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |     Code      |  Identifier   |    Length, 20 to 4,096        |   0
 *   +---------------+---------------+-------------------------------+
 *   |                  Authenticator (16 bytes)                     |   4
 *   +---------------+---------------+-------------------------------+
 *   |     Type      |  Length, >= 2 |  Value ...                    |  20, zero or more
 *   +---------------+---------------+-------------------------------+
 *
 * A shared secret signs a packet twice: by MD5 in the authenticator, and by HMAC-MD5 in the attribute
 * Message-Authenticator. The second is first among the attributes of all that we say, and of all requests that we
 * obey: MD5 alone can be made to fit (CVE-2024-3596).
 */

export interface RadiusPacket {
  readonly code: number
  /** 8 bits; a response repeats that of its request. */
  readonly identifier: number
  readonly attributes: readonly RadiusAttribute[]
}

export interface RadiusAttribute {
  readonly type: number
  /** At most 253 bytes. */
  readonly value: Uint8Array
}

/** What the shared secret makes of bytes: 16 bytes each. */
export interface RadiusKeys {
  /** MD5 of the bytes and, behind them, the secret. */
  digest(bytes: Uint8Array): Uint8Array
  /** HMAC-MD5 of the bytes. */
  mac(bytes: Uint8Array): Uint8Array
}

/** What a datagram amounts to. Network input never throws. */
export type DecodedRadius =
  /** Worth nothing until it has been found to be genuine. The values are views into the datagram. */
  | {
      readonly kind: 'message'
      readonly packet: RadiusPacket
      readonly authenticator: Uint8Array
      /** All of it, without what stands behind its length. */
      readonly whole: Uint8Array
    }
  | { readonly kind: 'alien' }

export const RadiusCode = {
  accountingRequest: 4,
  accountingResponse: 5,
  disconnectRequest: 40,
  disconnectAck: 41,
  disconnectNak: 42,
  coaRequest: 43,
  coaAck: 44,
  coaNak: 45,
} as const

export function decodeRadius(bytes: Uint8Array): DecodedRadius {
  if (bytes.length < HEADER_BYTES) return ALIEN
  const length = viewOf(bytes).getUint16(LENGTH_AT)
  //= https://www.rfc-editor.org/rfc/rfc2865#section-3
  //# If the packet is shorter than the Length field indicates, it MUST
  //# be silently discarded.
  if (length < HEADER_BYTES || length > PACKET_BYTES_MAX || length > bytes.length) return ALIEN
  //= https://www.rfc-editor.org/rfc/rfc2865#section-3
  //# Octets outside the range of the Length field MUST be treated as
  //# padding and ignored on reception.
  const whole = bytes.subarray(0, length)
  const attributes = readAttributes(whole.subarray(HEADER_BYTES))
  if (attributes === undefined) return ALIEN
  return {
    kind: 'message',
    packet: { code: whole[0]!, identifier: whole[1]!, attributes },
    authenticator: whole.subarray(AUTHENTICATOR_AT, HEADER_BYTES),
    whole,
  }
}

/**
 * The packet, Message-Authenticator in front: a request, or the answer to the one that has this authenticator.
 * Throws a `RangeError` for what has no such form.
 */
export function encodeRadius(
  { code, identifier, attributes }: RadiusPacket,
  keys: RadiusKeys,
  requestAuthenticator: Uint8Array = NO_AUTHENTICATOR,
): Uint8Array {
  const all = [{ type: MESSAGE_AUTHENTICATOR, value: NO_AUTHENTICATOR }, ...attributes]
  const length = all.reduce((sum, { value }) => sum + 2 + value.length, HEADER_BYTES)
  if (length > PACKET_BYTES_MAX) throw new RangeError(`Cannot encode RADIUS: ${length} bytes`)
  const bytes = new Uint8Array(length)
  bytes[0] = code
  bytes[1] = identifier
  viewOf(bytes).setUint16(LENGTH_AT, length)
  bytes.set(requestAuthenticator, AUTHENTICATOR_AT)
  let at = HEADER_BYTES
  for (const attribute of all) at = writeAttribute(bytes, at, attribute)
  // First this, for the authenticator signs it too.
  bytes.set(keys.mac(bytes), HEADER_BYTES + 2)
  bytes.set(keys.digest(bytes), AUTHENTICATOR_AT)
  return bytes
}

/** `unsigned`: Message-Authenticator does not stand in front of all other attributes. */
export type RequestVerdict = 'genuine' | 'unsigned' | 'forged'

export function judgeRadiusRequest(whole: Uint8Array, keys: RadiusKeys): RequestVerdict {
  if (whole[HEADER_BYTES] !== MESSAGE_AUTHENTICATOR) return 'unsigned'
  return isGenuineRadius(whole, keys) ? 'genuine' : 'forged'
}

/**
 * Whether who has the secret wrote it: a request, or the answer to the one that has this authenticator. Message-
 * Authenticator is judged where it is: servers of accounting leave it out (ADR 0043).
 */
export function isGenuineRadius(
  whole: Uint8Array,
  keys: RadiusKeys,
  requestAuthenticator: Uint8Array = NO_AUTHENTICATOR,
): boolean {
  // Not slice(): a Buffer's is a view.
  const bytes = Uint8Array.from(whole)
  bytes.set(requestAuthenticator, AUTHENTICATOR_AT)
  if (!isSame(keys.digest(bytes), whole, AUTHENTICATOR_AT)) return false
  const macs = [...placesOf(whole, MESSAGE_AUTHENTICATOR)]
  const [macAt] = macs
  if (macAt === undefined) return true
  if (macs.length > 1 || whole[macAt + 1] !== 2 + AUTHENTICATOR_BYTES) return false
  bytes.set(NO_AUTHENTICATOR, macAt + 2)
  return isSame(keys.mac(bytes), whole, macAt + 2)
}

/** The attributes in a Vendor-Specific of this vendor; none where it is another's, or of another form. */
export function vendorAttributes(value: Uint8Array, vendor: number): readonly RadiusAttribute[] {
  if (value.length < VENDOR_BYTES || viewOf(value).getUint32(0) !== vendor) return []
  return readAttributes(value.subarray(VENDOR_BYTES)) ?? []
}

export function vendorSpecific(vendor: number, attribute: RadiusAttribute): RadiusAttribute {
  const value = new Uint8Array(VENDOR_BYTES + 2 + attribute.value.length)
  viewOf(value).setUint32(0, vendor)
  writeAttribute(value, VENDOR_BYTES, attribute)
  return { type: VENDOR_SPECIFIC, value }
}

export function textAttribute(type: number, text: string): RadiusAttribute {
  return { type, value: ENCODER.encode(text) }
}

/** 32 bits; a number that is larger counts modulo 2^32, as octets of accounting do. */
export function numberAttribute(type: number, number: number): RadiusAttribute {
  const value = new Uint8Array(4)
  viewOf(value).setUint32(0, number % 2 ** 32)
  return { type, value }
}

/** 64 bits; up to 2^53 - 1. */
export function longAttribute(type: number, number: number): RadiusAttribute {
  const value = new Uint8Array(8)
  viewOf(value).setBigUint64(0, BigInt(number))
  return { type, value }
}

/** undefined where it is not UTF-8. */
export function textOf({ value }: RadiusAttribute): string | undefined {
  try {
    return DECODER.decode(value)
  } catch {
    return undefined
  }
}

/** undefined where it has not 32 bits. */
export function numberOf({ value }: RadiusAttribute): number | undefined {
  return value.length === 4 ? viewOf(value).getUint32(0) : undefined
}

/** undefined where one's length is none. */
function readAttributes(bytes: Uint8Array): RadiusAttribute[] | undefined {
  const attributes: RadiusAttribute[] = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at + 1] ?? 0
    // An attribute of no length would never let this loop advance.
    if (length < 2 || at + length > bytes.length) return undefined
    attributes.push({ type: bytes[at]!, value: bytes.subarray(at + 2, at + length) })
    at += length
  }
  return attributes
}

function writeAttribute(bytes: Uint8Array, at: number, { type, value }: RadiusAttribute): number {
  const length = 2 + value.length
  if (length > ATTRIBUTE_BYTES_MAX) {
    throw new RangeError(`Cannot encode RADIUS attribute ${type}: ${value.length} bytes`)
  }
  bytes[at] = type
  bytes[at + 1] = length
  bytes.set(value, at + 2)
  return at + length
}

/** Takes as long for every wrong one. */
function isSame(expected: Uint8Array, bytes: Uint8Array, at: number): boolean {
  let difference = 0
  for (let i = 0; i < AUTHENTICATOR_BYTES; i++) difference |= expected[i]! ^ bytes[at + i]!
  return difference === 0
}

/** Where attributes of this type begin. */
function* placesOf(whole: Uint8Array, type: number): Generator<number> {
  for (let at = HEADER_BYTES; at < whole.length; at += whole[at + 1]!) {
    if (whole[at] === type) yield at
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const LENGTH_AT = 2
const AUTHENTICATOR_AT = 4
const AUTHENTICATOR_BYTES = 16
const HEADER_BYTES = 20
const PACKET_BYTES_MAX = 4_096
const ATTRIBUTE_BYTES_MAX = 255
const VENDOR_BYTES = 4
const VENDOR_SPECIFIC = 26
const MESSAGE_AUTHENTICATOR = 80
const NO_AUTHENTICATOR = new Uint8Array(AUTHENTICATOR_BYTES)
const ALIEN: DecodedRadius = { kind: 'alien' }
const ENCODER = new TextEncoder()
const DECODER = new TextDecoder('utf-8', { fatal: true })
