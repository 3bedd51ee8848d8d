/**
 * The flows that one end of a tunnel sends: what kind each is, and the numbers of its packets.
 *
 *                  more than a burst at SPARSE_RATE
 *      ┌────────┐ ─────────────────────────────────▶ ┌──────┐
 *      │ sparse │                                    │ bulk │      sparse: one leg, the best; order keeps itself
 *      └────────┘ ◀───────────────────────────────── └──────┘      bulk:   spread, put in order at the far end
 *                  CALM_US without such a burst
 *
 * Calls, games and names are sparse, and so is every flow while it begins. It is told by rate alone; what
 * marks itself as real time (DSCP) may have a video's rate. A flow is a slot of a fixed table by its hash:
 * two flows of one slot share its kind and its numbers, and lose nothing but that. In which manner each is
 * carried (manner.ts) is asked again when they take turns.
 */
import { type Manner, UNSAID } from './manner.ts'

export const FlowKind = { sparse: 0, bulk: 1 } as const
export type FlowKind = (typeof FlowKind)[keyof typeof FlowKind]

export class DatagramFlows {
  /** What the bucket of each flow holds, which leaks at the rate of sparse flows. */
  readonly #fill = new Float32Array(FLOWS)
  readonly #seenUs = new Float64Array(FLOWS)
  readonly #bulkUntilUs = new Float64Array(FLOWS)
  readonly #sequences = new Uint32Array(FLOWS)
  /** Legs of this LEGS_US and of the one before. */
  readonly #legs = new Uint8Array(FLOWS)
  readonly #legsBefore = new Uint8Array(FLOWS)
  readonly #legsSinceUs = new Float64Array(FLOWS)
  /** The manner of each flow, and of whom it is; the far end's word has no hash. */
  readonly #manners = new Uint8Array(FLOWS)
  readonly #hashes = new Uint32Array(FLOWS)
  #lastUs = 0

  /** The flow of a hash: a slot. A slot nobody used for IDLE_US belongs to whoever comes. */
  find(hash: number, nowUs: number): number {
    const flow = hash % FLOWS
    if (nowUs - this.#seenUs[flow]! > IDLE_US) {
      this.#fill[flow] = 0
      this.#bulkUntilUs[flow] = 0
      this.#hashes[flow] = 0
    }
    return flow
  }

  /** What was last said of the flow by either end; UNSAID. */
  manner(flow: number): Manner {
    return this.#manners[flow]!
  }

  /** Nobody has said in which manner this one is to be carried: it is new, or shares its slot. */
  isUnsaid(flow: number, hash: number): boolean {
    return this.#manners[flow] === UNSAID || this.#hashes[flow] !== hash
  }

  say(flow: number, hash: number, manner: Manner): void {
    this.#manners[flow] = manner
    this.#hashes[flow] = hash
  }

  /** The far end has said it. Both ends count a flow by the same slot, for the hash knows no direction. */
  hear(flow: number, manner: Manner, nowUs: number): void {
    this.#manners[flow] = manner
    this.#lastUs = nowUs
  }

  /** All are to be asked about again. */
  unsayAll(): void {
    this.#manners.fill(UNSAID)
  }

  /** A packet of this flow; what the flow is, with it. */
  observe(flow: number, bytes: number, dscp: number, nowUs: number): FlowKind {
    const rate = isRealTime(dscp) ? MARKED_RATE : SPARSE_RATE
    const leaked = ((nowUs - this.#seenUs[flow]!) * rate) / 1_000
    const fill = Math.max(0, this.#fill[flow]! - leaked) + bytes
    this.#seenUs[flow] = nowUs
    this.#lastUs = nowUs
    this.#fill[flow] = Math.min(fill, BURST_BYTES)
    if (fill > BURST_BYTES) this.#bulkUntilUs[flow] = nowUs + CALM_US
    return nowUs < this.#bulkUntilUs[flow]! ? FlowKind.bulk : FlowKind.sparse
  }

  /** The number of the flow's next packet. It goes on when the slot changes hands. */
  nextSequence(flow: number): number {
    const sequence = this.#sequences[flow]!
    this.#sequences[flow] = sequence + 1
    return sequence
  }

  /** On which legs (bits) the flow was sent lately, now on these too. */
  usedLegs(flow: number, legs: number, nowUs: number): number {
    if (nowUs - this.#legsSinceUs[flow]! > LEGS_US) {
      const fresh = nowUs - this.#legsSinceUs[flow]! <= 2 * LEGS_US
      this.#legsBefore[flow] = fresh ? this.#legs[flow]! : 0
      this.#legs[flow] = 0
      this.#legsSinceUs[flow] = nowUs
    }
    this.#legs[flow]! |= legs
    return this.#legs[flow]! | this.#legsBefore[flow]!
  }

  /** Nothing was sent for so long that the table may be given back. */
  isIdle(nowUs: number): boolean {
    return nowUs - this.#lastUs > IDLE_US
  }
}

/** EF, VOICE-ADMIT, AF4x, CS4 and above (RFC 4594): those who mark so ask for little delay. */
function isRealTime(dscp: number): boolean {
  return dscp >= DSCP_CS4 && dscp !== DSCP_RESERVED
}

/** A home's flows of one moment; more share slots. Flow numbers on the wire are below it. */
export const FLOWS = 1_024
/** Bytes a millisecond: 512 kbit/s. A call has 100 kbit/s, a game less. */
const SPARSE_RATE = 64
/** 4 Mbit/s: a video call. More than that is spread, whatever it says of itself. */
const MARKED_RATE = 500
/** A web page's first answer. */
const BURST_BYTES = 24_000
const CALM_US = 2_000_000
const IDLE_US = 30_000_000
/** Longer than any leg's delay, so that no leg with something of this flow on its way is left out. */
const LEGS_US = 200_000
const DSCP_CS4 = 32
const DSCP_RESERVED = 63
