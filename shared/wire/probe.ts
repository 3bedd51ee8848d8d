/**
 * Probe and echo: how a leg is known to be alive while nothing else crosses it. One UDP datagram
 * each.
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-------+-----------------------------------------------+
 *   |Ver = 1| Type  |U|    Shaped Rate, kbit/s (23 bits)            |   0
 *   +-------+-------+-----------------------------------------------+
 *   |                     Session Id (64 bits)                      |   4
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                            Leg Id                             |  12
 *   +---------------------------------------------------------------+
 *   |                    Packet Number (64 bits)                    |  16
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |              Send Timestamp, microseconds (64 bits)           |  24
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |      MAC over all of the above: HMAC-SHA256, its first        |  32
 *   |                    16 bytes                                   |
 *   +---------------------------------------------------------------+
 *
 * The home sends probes (type 1) and the concentrator answers each with one echo (type 2), never
 * the other way round: a probe thrown back at its sender is no answer. The echo repeats number and
 * timestamp, so the sender needs no memory to know the round trip, and it is as long as the probe,
 * so that nobody gains by a forged source address. The timestamp is the prober's own clock; only
 * the prober reads it. The echo says what this leg is shaped to on its way to the home (ADR 0028); zero
 * is not at all, as in every probe, and in the echo of who does not know the field. U says in the echo that
 * more is unsent for this leg than it takes (ADR 0060), and in the probe that whoever asks knows it: before
 * it there was one bit more of rate, so nobody else is told.
 */

export interface ProbeFrame {
  readonly type: keyof typeof TYPE
  /** 8 bytes. */
  readonly sessionId: Uint8Array
  /** 32 bits. */
  readonly legId: number
  /** Grows with time (core/probe-number.ts); up to 2^53 - 1, as all whole numbers here. */
  readonly packetNumber: number
  readonly sentUs: number
  /** Up to 2^23 - 1. */
  readonly shapedKbps: number
  /** In an echo: the leg leaves more unsent than it takes. In a probe: that may be said. */
  readonly unsent: boolean
}

/** What a datagram amounts to. There is no `incomplete`: a datagram is whole or worthless. */
export type DecodedProbe =
  /** Worth nothing until `mac` has been found to be the MAC of `signed`. */
  | {
      readonly kind: 'message'
      readonly frame: ProbeFrame
      readonly signed: Uint8Array
      readonly mac: Uint8Array
    }
  /** Of the right form, but of a version or type that we do not know, or a number past 2^53 - 1. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'alien' }

/** Answers the MAC of the bytes: 16 bytes, or more of which the first 16 are sent. */
export type Mac = (bytes: Uint8Array) => Uint8Array

/** Throws a `RangeError` on a frame that has no such form. */
export function encodeProbe(frame: ProbeFrame, mac: Mac): Uint8Array {
  const { type, sessionId, legId, packetNumber, sentUs, shapedKbps, unsent } = frame
  if (sessionId.length !== SESSION_ID_BYTES) {
    throw new RangeError(`Cannot encode probe: a session id of ${sessionId.length} bytes`)
  }
  if (!Number.isSafeInteger(shapedKbps) || shapedKbps < 0 || shapedKbps > SHAPED_KBPS_MAX) {
    throw new RangeError(`Cannot encode probe: a rate of ${shapedKbps} kbit/s`)
  }
  const bytes = new Uint8Array(PROBE_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, unsent ? shapedKbps | UNSENT : shapedKbps)
  bytes[0] = (VERSION << 4) | TYPE[type]
  bytes.set(sessionId, SESSION_ID_AT)
  view.setUint32(LEG_ID_AT, legId)
  writeUint64(view, PACKET_NUMBER_AT, packetNumber)
  writeUint64(view, SENT_US_AT, sentUs)

  const tag = mac(bytes.subarray(0, MAC_AT))
  if (tag.length < MAC_BYTES)
    throw new RangeError(`Cannot encode probe: a MAC of ${tag.length} bytes`)
  bytes.set(tag.subarray(0, MAC_BYTES), MAC_AT)
  return bytes
}

/** The session id, what was signed and the MAC are views into `bytes`. */
export function decodeProbe(bytes: Uint8Array): DecodedProbe {
  if (bytes.length !== PROBE_BYTES) return { kind: 'alien' }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

  const versionAndType = bytes[0]!
  if (versionAndType >> 4 !== VERSION) return { kind: 'refused' }
  const type = typeOf(versionAndType & 0x0f)
  const packetNumber = readUint64(view, PACKET_NUMBER_AT)
  const sentUs = readUint64(view, SENT_US_AT)
  if (type === undefined || packetNumber === undefined || sentUs === undefined) {
    return { kind: 'refused' }
  }
  return {
    kind: 'message',
    frame: {
      type,
      sessionId: bytes.subarray(SESSION_ID_AT, SESSION_ID_AT + SESSION_ID_BYTES),
      legId: view.getUint32(LEG_ID_AT),
      packetNumber,
      sentUs,
      shapedKbps: view.getUint32(0) & SHAPED_KBPS_MAX,
      unsent: (view.getUint32(0) & UNSENT) !== 0,
    },
    signed: bytes.subarray(0, MAC_AT),
    mac: bytes.subarray(MAC_AT),
  }
}

function typeOf(code: number): ProbeFrame['type'] | undefined {
  if (code === TYPE.probe) return 'probe'
  return code === TYPE.echo ? 'echo' : undefined
}

function writeUint64(view: DataView, at: number, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Cannot encode ${value}`)
  view.setUint32(at, Math.floor(value / TWO_TO_THE_32))
  view.setUint32(at + 4, value % TWO_TO_THE_32)
}

/** `undefined` past 2^53 - 1, where a number is no longer exact. */
function readUint64(view: DataView, at: number): number | undefined {
  const value = view.getUint32(at) * TWO_TO_THE_32 + view.getUint32(at + 4)
  return Number.isSafeInteger(value) ? value : undefined
}

const VERSION = 1
const TYPE = { probe: 1, echo: 2 } as const
const TWO_TO_THE_32 = 4_294_967_296
const UNSENT = 0x800000
/** The field holds no more: 8.4 Gbit/s. */
export const SHAPED_KBPS_MAX = 0x7fffff
const SESSION_ID_AT = 4
const SESSION_ID_BYTES = 8
const LEG_ID_AT = 12
const PACKET_NUMBER_AT = 16
const SENT_US_AT = 24
const MAC_AT = 32
const MAC_BYTES = 16
/** Every probe and every echo. */
export const PROBE_BYTES = MAC_AT + MAC_BYTES
