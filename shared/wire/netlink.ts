/**
 * Netlink: how this machine's kernel is asked for things, and how it tells what changed.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |                  Length (with this header)                    |  message
 *   +-------------------------------+-------------------------------+
 *   |             Type              |             Flags             |
 *   +-------------------------------+-------------------------------+
 *   |                           Sequence                            |
 *   +---------------------------------------------------------------+
 *   |                             Port                              |
 *   +---------------------------------------------------------------+
 *   |        a structure of the message's type, then attributes     |
 *   +-------------------------------+-------------------------------+
 *   |   Length (with these 4)       |             Type              |  attribute
 *   +-------------------------------+-------------------------------+
 *   |        value, padded to 4     ...                             |
 *
 * Everything is in the machine's own byte order, which is little-endian on both machines Node is
 * pinned for, unless a name here ends in `Be`. (RFC 3549; include/uapi/linux/netlink.h)
 */

/** One message. `body` is what follows the 16-byte header, and a view into what was read. */
export interface NetlinkMessage {
  readonly type: number
  readonly flags: number
  readonly sequence: number
  readonly body: Uint8Array
}

/** Attributes by type; of two with the same type the later one counts. Values are views. */
export type Attributes = ReadonlyMap<number, Uint8Array>

/** One attribute to write. `value` without padding; several attributes in one value are a nest. */
export type Attribute = readonly [type: number, value: Uint8Array]

/** What an answer says about the request: 0 or the positive errno, and the kernel's own words. */
export interface Verdict {
  readonly errno: number
  /** Empty where the kernel had nothing to say. */
  readonly complaint: string
}

/** All whole messages in one datagram. A length that cannot be ends the list. */
export function decodeMessages(bytes: Uint8Array): NetlinkMessage[] {
  const view = viewOf(bytes)
  const messages: NetlinkMessage[] = []
  for (let at = 0; at + HEADER_BYTES <= bytes.length; ) {
    const length = view.getUint32(at, true)
    // A message shorter than its header would never let this loop advance.
    if (length < HEADER_BYTES || at + length > bytes.length) break
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      body: bytes.subarray(at + HEADER_BYTES, at + length),
    })
    at += align(length)
  }
  return messages
}

/** The attributes that follow a structure of `from` bytes. What does not fit is left out. */
export function decodeAttributes(bytes: Uint8Array, from = 0): Attributes {
  const view = viewOf(bytes)
  const attributes = new Map<number, Uint8Array>()
  for (let at = from; at + ATTRIBUTE_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) break
    const type = view.getUint16(at + 2, true) & TYPE_MASK
    attributes.set(type, bytes.subarray(at + ATTRIBUTE_BYTES, at + length))
    at += align(length)
  }
  return attributes
}

/** The values of all attributes one behind the other, also of the same type: a list. */
export function eachAttribute(bytes: Uint8Array): Uint8Array[] {
  const view = viewOf(bytes)
  const values: Uint8Array[] = []
  for (let at = 0; at + ATTRIBUTE_BYTES <= bytes.length; ) {
    const length = view.getUint16(at, true)
    if (length < ATTRIBUTE_BYTES || at + length > bytes.length) break
    values.push(bytes.subarray(at + ATTRIBUTE_BYTES, at + length))
    at += align(length)
  }
  return values
}

/** One attribute that holds others. */
export function nest(type: number, attributes: readonly Attribute[]): Attribute {
  return [type | NESTED, encodeAttributes(attributes)]
}

/** The attributes nested in attribute `type`; none where there is no such attribute. */
export function nestedAttributes(attributes: Attributes, type: number): Attributes {
  const value = attributes.get(type)
  return value === undefined ? NO_ATTRIBUTES : decodeAttributes(value)
}

/** What a message of type `NLMSG_ERROR` or `NLMSG_DONE` says. */
export function decodeVerdict(message: NetlinkMessage): Verdict {
  const { body, flags, type } = message
  if (body.length < 4) return { errno: 0, complaint: '' }
  const errno = Math.abs(viewOf(body).getInt32(0, true))
  if ((flags & FLAG_ACK_ATTRIBUTES) === 0) return { errno, complaint: '' }

  // An error repeats the header of the request, and its body too unless the socket asked not to.
  const repeated = (flags & FLAG_CAPPED) === 0 ? repeatedBytes(body) : HEADER_BYTES
  const from = type === NLMSG_ERROR ? 4 + align(repeated) : 4
  return { errno, complaint: text(decodeAttributes(body, from).get(ERROR_MESSAGE)) ?? '' }
}

/** A whole message. `FLAG_REQUEST` is added, for everything we send is one. */
export function encodeMessage(
  type: number,
  flags: number,
  sequence: number,
  body: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES + body.length)
  const view = viewOf(bytes)
  view.setUint32(0, bytes.length, true)
  view.setUint16(4, type, true)
  view.setUint16(6, flags | FLAG_REQUEST, true)
  view.setUint32(8, sequence, true)
  bytes.set(body, HEADER_BYTES)
  return bytes
}

/** A structure and the attributes behind it: the body of a message. */
export function encodeBody(structure: Uint8Array, attributes: readonly Attribute[]): Uint8Array {
  const behind = encodeAttributes(attributes)
  const bytes = new Uint8Array(align(structure.length) + behind.length)
  bytes.set(structure)
  bytes.set(behind, align(structure.length))
  return bytes
}

/** Attributes one behind the other: also the value of a nest. */
export function encodeAttributes(attributes: readonly Attribute[]): Uint8Array {
  let length = 0
  for (const [, value] of attributes) length += align(ATTRIBUTE_BYTES + value.length)
  const bytes = new Uint8Array(length)
  const view = viewOf(bytes)
  let at = 0
  for (const [type, value] of attributes) {
    view.setUint16(at, ATTRIBUTE_BYTES + value.length, true)
    view.setUint16(at + 2, type, true)
    bytes.set(value, at + ATTRIBUTE_BYTES)
    at += align(ATTRIBUTE_BYTES + value.length)
  }
  return bytes
}

export function u8(value: number): Uint8Array {
  return Uint8Array.of(value)
}

export function u16(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8)
}

export function u32(value: number): Uint8Array {
  return Uint8Array.of(value, value >> 8, value >> 16, value >> 24)
}

export function u32Be(value: number): Uint8Array {
  return u32(value).reverse()
}

/** `value` as C writes it, with a zero behind it. */
export function cString(value: string): Uint8Array {
  return ENCODER.encode(`${value}\0`)
}

/** A number of 1, 2 or 4 bytes; undefined where the attribute is missing or has another size. */
export function number(value: Uint8Array | undefined): number | undefined {
  switch (value?.length) {
    case 1:
      return value[0]
    case 2:
      return viewOf(value).getUint16(0, true)
    case 4:
      return viewOf(value).getUint32(0, true)
    default:
      return undefined
  }
}

/** A number in network byte order. */
export function numberBe(value: Uint8Array | undefined): number | undefined {
  switch (value?.length) {
    case 2:
      return viewOf(value).getUint16(0)
    case 4:
      return viewOf(value).getUint32(0)
    default:
      return undefined
  }
}

/** A string up to its first zero; undefined where the attribute is missing. */
export function text(value: Uint8Array | undefined): string | undefined {
  if (value === undefined) return undefined
  const end = value.indexOf(0)
  return DECODER.decode(end === -1 ? value : value.subarray(0, end))
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

function repeatedBytes(body: Uint8Array): number {
  return body.length < 8 ? HEADER_BYTES : viewOf(body).getUint32(4, true)
}

function align(length: number): number {
  return (length + 3) & ~3
}

export const NLMSG_ERROR = 2
export const NLMSG_DONE = 3

export const FLAG_ACK = 0x004
/** Tell the asker too what the answer tells those who listen. */
export const FLAG_ECHO = 0x008
/** In an answer: things changed while the kernel listed them, so the list may miss some. */
export const FLAG_DUMP_INTERRUPTED = 0x010
export const FLAG_DUMP = 0x300
export const FLAG_REPLACE = 0x100
export const FLAG_EXCLUSIVE = 0x200
export const FLAG_CREATE = 0x400
export const FLAG_APPEND = 0x800
/** Marks an attribute whose value is attributes; the kernel's strict parsers insist on it. */
export const NESTED = 0x8000

// To make one takes longer than to decode a whole message.
const DECODER = new TextDecoder()
const ENCODER = new TextEncoder()

const FLAG_REQUEST = 0x001
const FLAG_CAPPED = 0x100
const FLAG_ACK_ATTRIBUTES = 0x200
const ERROR_MESSAGE = 1
const TYPE_MASK = 0x3fff
const HEADER_BYTES = 16
const ATTRIBUTE_BYTES = 4
const NO_ATTRIBUTES: Attributes = new Map()
