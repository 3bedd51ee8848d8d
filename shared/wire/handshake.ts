/**
 * Offer and answer: how both ends of a tunnel come to new keys. One UDP datagram each, on any leg.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +---------------------------------------------------------------+
 *   |   head as in tunnel.ts: type 3 or 4, key id (answer only),    |   0
 *   |   Packet Number: when the offer was made, microseconds of     |
 *   |   the home's own clock; the answer repeats it                 |
 *   +---------------------------------------------------------------+
 *   |                    the home's random, 128 bits                |  24
 *   +---------------------------------------------------------------+
 *   |        the concentrator's random, 128 bits; zero in offers    |  40
 *   +---------------+-----------------------------------------------+
 *   |    Cipher     |                reserved, zero                 |  56
 *   +---------------+-----------------------------------------------+
 *   |                  Instance of the sender                       |  60
 *   +---------------------------------------------------------------+
 *   |      MAC over all of the above: HMAC-SHA256, its first        |  64
 *   |                    16 bytes                                   |
 *   +---------------------------------------------------------------+
 *
 * Ciphers: 1 AES-128-GCM, 2 ChaCha20-Poly1305, 3 none (authenticated only). The answer has the offer's
 * cipher and is as long as the offer, so that nobody gains by a forged source address. An answer is good
 * for the one offer whose random it repeats. A replayed offer is answered with a new random and comes to
 * keys that its sender cannot know. Instance is a number that an end draws when it starts: with another one
 * its flows, clocks and counts have begun anew; with the same, only its keys have changed.
 */
import type { Mac } from './probe.ts'
import {
  FrameType,
  HEAD_BYTES,
  keyIdAt,
  legAt,
  numberAt,
  readUint32,
  writeHead,
  writeUint32,
} from './tunnel.ts'

export interface Handshake {
  readonly type: typeof FrameType.offer | typeof FrameType.answer
  /** Which keys a frame is sealed with: the concentrator's choice, 0 in an offer. */
  readonly keyId: number
  readonly leg: number
  readonly offeredUs: number
  /** RANDOM_BYTES each. */
  readonly homeRandom: Uint8Array
  readonly concentratorRandom: Uint8Array
  /** A number of a cipher; any byte when decoded. */
  readonly cipher: number
  readonly instance: number
}

export function encodeHandshake(handshake: Handshake, sessionId: Uint8Array, mac: Mac): Uint8Array {
  const bytes = new Uint8Array(HANDSHAKE_BYTES)
  const { type, keyId, leg, offeredUs } = handshake
  writeHead(bytes, 0, { type, keyId, sessionId, leg, number: offeredUs })
  bytes.set(handshake.homeRandom, HOME_RANDOM_AT)
  bytes.set(handshake.concentratorRandom, CONCENTRATOR_RANDOM_AT)
  bytes[CIPHER_AT] = handshake.cipher
  writeUint32(bytes, INSTANCE_AT, handshake.instance)
  bytes.set(mac(bytes.subarray(0, MAC_AT)).subarray(0, MAC_BYTES), MAC_AT)
  return bytes
}

/**
 * The bytes of a frame whose type says offer or answer. Worth nothing until `mac` has been found to be the
 * MAC of `signed`. Undefined: not of that form. The randoms are views.
 */
export function decodeHandshake(
  bytes: Uint8Array,
):
  | { readonly handshake: Handshake; readonly signed: Uint8Array; readonly mac: Uint8Array }
  | undefined {
  if (bytes.length !== HANDSHAKE_BYTES) return undefined
  const type = bytes[0]! & 0x0f
  if (type !== FrameType.offer && type !== FrameType.answer) return undefined
  return {
    handshake: {
      type,
      keyId: keyIdAt(bytes, 0),
      leg: legAt(bytes, 0),
      offeredUs: numberAt(bytes, 0),
      homeRandom: bytes.subarray(HOME_RANDOM_AT, HOME_RANDOM_AT + RANDOM_BYTES),
      concentratorRandom: bytes.subarray(
        CONCENTRATOR_RANDOM_AT,
        CONCENTRATOR_RANDOM_AT + RANDOM_BYTES,
      ),
      cipher: bytes[CIPHER_AT]!,
      instance: readUint32(bytes, INSTANCE_AT),
    },
    signed: bytes.subarray(0, MAC_AT),
    mac: bytes.subarray(MAC_AT),
  }
}

export const RANDOM_BYTES = 16
const HOME_RANDOM_AT = HEAD_BYTES
const CONCENTRATOR_RANDOM_AT = HOME_RANDOM_AT + RANDOM_BYTES
const CIPHER_AT = CONCENTRATOR_RANDOM_AT + RANDOM_BYTES
const INSTANCE_AT = CIPHER_AT + 4
const MAC_AT = INSTANCE_AT + 4
const MAC_BYTES = 16
/** Every offer and every answer. */
export const HANDSHAKE_BYTES = MAC_AT + MAC_BYTES
