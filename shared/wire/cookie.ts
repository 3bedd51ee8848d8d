/**
 * A cookie as the concentrator issues it: the value of a Cookie TLV (RFC 8803 section 6.2.7), which the
 * home stores and shows without knowing what is in it.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------+---------------+-------------------------------+
 *   |    Key Id     |      Leg      |             Mark              |   0
 *   +---------------+---------------+-------------------------------+
 *   |                   Expiry, seconds of Unix time                |   4
 *   +---------------------------------------------------------------+
 *   |          Pseudonym of the subscriber (64 bits)                |   8
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |   MAC over all of the above and the prefix it is bound to:    |  16
 *   |           HMAC-SHA256, its first 16 bytes                     |
 *   +---------------------------------------------------------------+
 *
 * Mark is a MAC of 16 bits over key id, leg, expiry and pseudonym alone. It decides nothing: where the MAC
 * does not fit, it tells a cookie of ours that was carried elsewhere from one that was made up, for the
 * log. 32 bytes, so that no padding hides the length.
 */

export interface IssuedCookie {
  /** 0 to 255. */
  readonly keyId: number
  /** `LEG_NUMBER` in core/leg.ts. */
  readonly leg: number
  readonly expiryS: number
  /** 8 bytes. */
  readonly pseudonym: Uint8Array
}

/** A cookie's three parts. Worth nothing until `mac` was found to be the MAC of `signed` and its prefix. */
export interface DecodedCookie {
  readonly cookie: IssuedCookie
  /** What the mark is about: the fields with zeros where the mark stands. */
  readonly marked: Uint8Array
  readonly mark: number
  readonly signed: Uint8Array
  readonly mac: Uint8Array
}

/** Answers a MAC of the bytes, 16 bytes at least. */
export type CookieMac = (bytes: Uint8Array) => Uint8Array

/** `mac` is asked twice: for the mark, and with `prefix` behind the fields for the MAC. */
export function encodeCookie(
  { keyId, leg, expiryS, pseudonym }: IssuedCookie,
  prefix: Uint8Array,
  mac: CookieMac,
): Uint8Array {
  if (pseudonym.length !== PSEUDONYM_BYTES) {
    throw new RangeError(`Cannot encode cookie: a pseudonym of ${pseudonym.length} bytes`)
  }
  const bytes = new Uint8Array(COOKIE_BYTES)
  const view = new DataView(bytes.buffer)
  bytes[0] = keyId
  bytes[1] = leg
  view.setUint32(EXPIRY_AT, expiryS)
  bytes.set(pseudonym, PSEUDONYM_AT)
  view.setUint16(MARK_AT, markOf(mac(bytes.subarray(0, MAC_AT))))
  bytes.set(mac(boundTo(bytes.subarray(0, MAC_AT), prefix)).subarray(0, MAC_BYTES), MAC_AT)
  return bytes
}

/** `undefined` for what is no cookie of this form: any other length. */
export function decodeCookie(bytes: Uint8Array): DecodedCookie | undefined {
  if (bytes.length !== COOKIE_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  // Not slice(): a Buffer's is a view, and what came is not ours to change.
  const marked = Uint8Array.from(bytes.subarray(0, MAC_AT))
  marked[MARK_AT] = marked[MARK_AT + 1] = 0
  return {
    cookie: {
      keyId: bytes[0]!,
      leg: bytes[1]!,
      expiryS: view.getUint32(EXPIRY_AT),
      pseudonym: bytes.subarray(PSEUDONYM_AT, PSEUDONYM_AT + PSEUDONYM_BYTES),
    },
    marked,
    mark: view.getUint16(MARK_AT),
    signed: bytes.subarray(0, MAC_AT),
    mac: bytes.subarray(MAC_AT),
  }
}

/** What the MAC is over: the fields, and the prefix that the cookie is bound to. */
export function boundTo(signed: Uint8Array, prefix: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(signed.length + prefix.length)
  bytes.set(signed)
  bytes.set(prefix, signed.length)
  return bytes
}

/** The mark that a MAC over `marked` makes. */
export function markOf(mac: Uint8Array): number {
  return (mac[0]! << 8) | mac[1]!
}

const MARK_AT = 2
const EXPIRY_AT = 4
const PSEUDONYM_AT = 8
const PSEUDONYM_BYTES = 8
const MAC_AT = 16
const MAC_BYTES = 16
const COOKIE_BYTES = MAC_AT + MAC_BYTES
