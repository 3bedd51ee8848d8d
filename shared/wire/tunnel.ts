/**
 * The datagram tunnel's frames: what crosses UDP on each leg beside the probes, which share the first 24
 * bytes (probe.ts, types 1 and 2).
 *
 *    0                   1                   2                   3
 *    0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *   +-------+-------+---------------+-------------------------------+
 *   |Ver = 1| Type  |    Key Id     |        reserved, zero         |   0   in the clear,
 *   +-------+-------+---------------+-------------------------------+       authenticated
 *   |                     Session Id (64 bits)                      |   4
 *   |                                                               |
 *   +---------------------------------------------------------------+
 *   |                            Leg Id                             |  12
 *   +---------------------------------------------------------------+
 *   |          Packet Number (64 bits), per key, leg, direction     |  16
 *   |                                                               |
 *   +===============================================================+
 *   |     Send Time, microseconds, the low 32 bits; never twice     |  24   sealed
 *   +-------------------------------+---------------+---------------+
 *   |             Flow              |     Legs      |     Flags     |  28
 *   +-------------------------------+---------------+---------------+
 *   |                         Flow Sequence                         |  32
 *   +---------------------------------------------------------------+
 *   |                 one IP packet, to the end ...                 |  36
 *   +---------------------------------------------------------------+
 *   |                   authentication tag, 16 bytes                |  end - 16
 *   +---------------------------------------------------------------+
 *
 * The picture is a data frame (type 5). A control frame (type 6, control.ts) is sealed alike and differs
 * from byte 28 on; offer and answer (types 3 and 4, handshake.ts) carry a MAC instead.
 *
 * Send Time grows with every frame of a session, on whatever leg: on each leg, what was sent later arrives
 * later, so that a leg from which something later has come holds nothing older back. Flow is a number that
 * the sender gives, Flow Sequence counts the packets of that number, and Legs says on which legs the sender
 * has lately sent such packets (bit 0: leg 1). A copy of a packet on another leg has the same Flow and Flow
 * Sequence. Flags:
 *
 *      7   6   5   4   3   2   1   0
 *    +---+---+-------------------+---+     ordered: this flow wants its order kept
 *    | c | h |      manner       | o |     manner: how the far end shall carry what this flow sends back
 *    +---+---+-------------------+---+             (core/manner.ts); 0: nothing is said
 *                                          half: of a packet that the leg does not carry in one frame; the other half
 *                                                has the number before or behind this one
 *                                          checksum: the packet came in with a right TCP or UDP checksum, or before
 *                                                it had one, and the far end makes it anew
 *
 * Nothing is allocated: frames stand in the caller's memory, and a place is an offset.
 */

/** Types 1 and 2 are probes. */
export const FrameType = { offer: 3, answer: 4, data: 5, control: 6 } as const
export type FrameType = (typeof FrameType)[keyof typeof FrameType]

export const DataFlag = { ordered: 1, half: 0x40, goodChecksum: 0x80 } as const
export const MANNER_SHIFT = 1
export const MANNER_MASK = 0x1f

/**
 * The type of the frame, or 0 for what is none of ours: another version, reserved bits that are set, too
 * short. A frame of type 5 or 6 is worth nothing until it was opened.
 */
export function frameType(memory: Uint8Array, at: number, bytes: number): FrameType | 0 {
  if (bytes < SEALED_BYTES_MIN || memory[at]! >> 4 !== VERSION) return 0
  if (memory[at + 2] !== 0 || memory[at + 3] !== 0) return 0
  switch (memory[at]! & 0x0f) {
    case FrameType.offer:
      return FrameType.offer
    case FrameType.answer:
      return FrameType.answer
    case FrameType.data:
      return bytes > DATA_AT + TAG_BYTES ? FrameType.data : 0
    case FrameType.control:
      return FrameType.control
    default:
      return 0
  }
}

/** `sessionId` has 8 bytes. `number` is at most 2^53 - 1, as all whole numbers here. */
export function writeHead(
  memory: Uint8Array,
  at: number,
  head: {
    readonly type: FrameType
    readonly keyId: number
    readonly sessionId: Uint8Array
    readonly leg: number
    readonly number: number
  },
): void {
  memory[at] = (VERSION << 4) | head.type
  memory[at + 1] = head.keyId
  memory[at + 2] = 0
  memory[at + 3] = 0
  for (let i = 0; i < SESSION_ID_BYTES; i++) memory[at + SESSION_ID_AT + i] = head.sessionId[i]!
  writeUint32(memory, at + LEG_AT, head.leg)
  writeUint64(memory, at + NUMBER_AT, head.number)
}

export function keyIdAt(memory: Uint8Array, at: number): number {
  return memory[at + 1]!
}

export function legAt(memory: Uint8Array, at: number): number {
  return readUint32(memory, at + LEG_AT)
}

/** Past 2^53 it is not exact, and such a frame opens with no key. */
export function numberAt(memory: Uint8Array, at: number): number {
  return readUint64(memory, at + NUMBER_AT)
}

/** `sessionId` has 8 bytes: whether it is this session's, to the last bit. */
export function isOfSession(memory: Uint8Array, at: number, sessionId: Uint8Array): boolean {
  for (let i = 0; i < SESSION_ID_BYTES; i++) {
    if (memory[at + SESSION_ID_AT + i] !== sessionId[i]) return false
  }
  return true
}

/** The first 53 bits of the session id, as a key to look a session up by. */
export function sessionAt(memory: Uint8Array, at: number): number {
  return readKey(memory, at + SESSION_ID_AT)
}

/** The first 53 bits of what stands there, 8 bytes or more: a number, and so a key that costs no string. */
export function readKey(memory: Uint8Array, at: number): number {
  return readUint32(memory, at) * 0x20_0000 + (readUint32(memory, at + 4) >>> 11)
}

/** What stands between the head and the packet of a data frame. */
export interface DataLead {
  sentUs: number
  flow: number
  legs: number
  flags: number
  sequence: number
}

/** `at` is where the lead begins: right before the packet. */
export function writeDataLead(memory: Uint8Array, at: number, lead: DataLead): void {
  writeUint32(memory, at, lead.sentUs)
  memory[at + 4] = lead.flow >>> 8
  memory[at + 5] = lead.flow
  memory[at + 6] = lead.legs
  memory[at + 7] = lead.flags
  writeUint32(memory, at + 8, lead.sequence)
}

/** Into the caller's `lead`. */
export function readDataLead(memory: Uint8Array, at: number, lead: DataLead): void {
  lead.sentUs = readUint32(memory, at)
  lead.flow = (memory[at + 4]! << 8) | memory[at + 5]!
  lead.legs = memory[at + 6]!
  lead.flags = memory[at + 7]!
  lead.sequence = readUint32(memory, at + 8)
}

export function readUint32(memory: Uint8Array, at: number): number {
  return (
    ((memory[at]! << 24) | (memory[at + 1]! << 16) | (memory[at + 2]! << 8) | memory[at + 3]!) >>> 0
  )
}

/** The low 32 bits of `value`. */
export function writeUint32(memory: Uint8Array, at: number, value: number): void {
  memory[at] = value >>> 24
  memory[at + 1] = value >>> 16
  memory[at + 2] = value >>> 8
  memory[at + 3] = value
}

export function readUint64(memory: Uint8Array, at: number): number {
  return readUint32(memory, at) * TWO_TO_THE_32 + readUint32(memory, at + 4)
}

export function writeUint64(memory: Uint8Array, at: number, value: number): void {
  writeUint32(memory, at, Math.floor(value / TWO_TO_THE_32))
  writeUint32(memory, at + 4, value % TWO_TO_THE_32)
}

/** How much later `one` is than `other`, by the low 32 bits of both counts; negative when it is earlier. */
export function since32(one: number, other: number): number {
  return (one - other) | 0
}

const VERSION = 1
const TWO_TO_THE_32 = 4_294_967_296
export const SESSION_ID_AT = 4
const SESSION_ID_BYTES = 8
const LEG_AT = 12
const NUMBER_AT = 16
/** Where what is sealed begins. */
export const HEAD_BYTES = 24
export const DATA_LEAD_BYTES = 12
const DATA_AT = HEAD_BYTES + DATA_LEAD_BYTES
export const TAG_BYTES = 16
/** What a data frame has beside its packet. */
export const FRAME_OVERHEAD_BYTES = DATA_AT + TAG_BYTES
/** A control frame of no content. */
const SEALED_BYTES_MIN = HEAD_BYTES + 8 + TAG_BYTES
