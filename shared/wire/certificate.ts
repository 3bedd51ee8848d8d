/**
 * A certificate that a concentrator makes for itself (RFC 5280), for TLS wants one. Homes that pin its key
 * look at nothing else in it, so it is valid from 1970 on, for routers without a clock, and has no end.
 *
 *    Certificate ::= SEQUENCE {
 *      SEQUENCE {                                           what is signed
 *        [0] INTEGER 2 (v3), INTEGER serial,
 *        SEQUENCE { OID ecdsa-with-SHA256 },
 *        Name issuer, SEQUENCE { UTCTime, GeneralizedTime },
 *        Name subject, SubjectPublicKeyInfo },
 *      SEQUENCE { OID ecdsa-with-SHA256 },
 *      BIT STRING signature }
 */

/** What is to be signed. `publicKey` is a SubjectPublicKeyInfo of the curve P-256, `serial` 1 to 20 bytes. */
export function encodeToBeSigned(
  commonName: string,
  publicKey: Uint8Array,
  serial: Uint8Array,
): Uint8Array {
  const name = sequence(
    der(SET, sequence(COMMON_NAME, der(UTF8_STRING, ENCODER.encode(commonName)))),
  )
  const validity = sequence(
    der(UTC_TIME, ENCODER.encode('700101000000Z')),
    // RFC 5280 section 4.1.2.5: for certificates without a well-defined expiration date.
    der(GENERALIZED_TIME, ENCODER.encode('99991231235959Z')),
  )
  // A first bit of 1 would make it negative.
  const positive = serial.map((byte, i) => (i === 0 ? (byte & 0x7f) | 0x40 : byte))
  return sequence(
    der(CONTEXT_0, der(INTEGER, Uint8Array.of(2))),
    der(INTEGER, positive),
    ECDSA_WITH_SHA256,
    name,
    validity,
    name,
    publicKey,
  )
}

/** `signature` as ECDSA writes it (DER). */
export function encodeCertificate(toBeSigned: Uint8Array, signature: Uint8Array): Uint8Array {
  return sequence(
    toBeSigned,
    ECDSA_WITH_SHA256,
    der(BIT_STRING, joined([Uint8Array.of(0), signature])),
  )
}

function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return der(SEQUENCE, joined(parts))
}

function der(tag: number, content: Uint8Array): Uint8Array {
  const { length } = content
  if (length > 0xffff) throw new RangeError(`Cannot encode ${length} bytes`)
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return joined([Uint8Array.of(tag, ...size), content])
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

const INTEGER = 0x02
const BIT_STRING = 0x03
const UTF8_STRING = 0x0c
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18
const SEQUENCE = 0x30
const SET = 0x31
const CONTEXT_0 = 0xa0
const ENCODER = new TextEncoder()
/** 2.5.4.3 */
const COMMON_NAME = Uint8Array.of(0x06, 3, 0x55, 0x04, 0x03)
/** SEQUENCE { 1.2.840.10045.4.3.2 } */
const ECDSA_WITH_SHA256 = Uint8Array.of(
  0x30,
  10,
  0x06,
  8,
  ...[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
)
