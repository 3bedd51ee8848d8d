/**
 * What the data threads must know about the legs, written by steering, in memory that both see.
 *
 *   house │ reachable │ lteKept │ quicker │                                                 64 bytes
 *   dsl   │ generation │ up │ ifIndex │ srttUs │ families │ ... │ address4 │ address6 │      64 bytes
 *   lte   │ generation │ ...
 *
 * One writer, many readers, no lock: the generation is odd while a row is being written, and a reader
 * that saw it odd or changed looks again. Whoever must act on a change is rung (workers.ts).
 */
import { LEGS, type LegName } from '../core/leg.ts'

/** A leg as the data threads see it. */
export interface BoardLeg {
  /** New connections may begin here. */
  readonly up: boolean
  /** 0 while there is no interface. */
  readonly ifIndex: number
  /** 16 bytes, IPv4 as ::ffff:a.b.c.d; undefined where the leg has none of the family. */
  readonly address4: Uint8Array | undefined
  readonly address6: Uint8Array | undefined
  /** Smoothed round trip to the concentrator, in microseconds; 0 before it was measured. */
  readonly srttUs: number
}

export class LegBoard {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  readonly #bytes: Uint8Array
  readonly #read: Record<LegName, { generation: number; leg: BoardLeg }> = {
    dsl: { generation: 0, leg: NO_LEG },
    lte: { generation: 0, leg: NO_LEG },
  }

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
    this.#bytes = new Uint8Array(memory)
  }

  static create(): LegBoard {
    return new LegBoard(new SharedArrayBuffer(ROW_BYTES * (1 + LEGS.length)))
  }

  /** The concentrator answers: connections may be bonded. */
  get reachable(): boolean {
    return Atomics.load(this.#cells, REACHABLE) === 1
  }

  /** LTE has been of use lately: what stands by on it is kept alive. */
  get lteKept(): boolean {
    return Atomics.load(this.#cells, LTE_KEPT) === 1
  }

  /** The leg with the smallest delay now (core/quicker-leg.ts). */
  get quicker(): LegName {
    return LEGS[Atomics.load(this.#cells, QUICKER)] ?? 'dsl'
  }

  /** Steering only. */
  writeQuicker(leg: LegName): void {
    Atomics.store(this.#cells, QUICKER, LEGS.indexOf(leg))
  }

  /** The same object until something about the leg changes. */
  leg(name: LegName): BoardLeg {
    const at = rowOf(name)
    const read = this.#read[name]
    for (;;) {
      const generation = Atomics.load(this.#cells, at + GENERATION)
      if (generation === read.generation) return read.leg
      if (generation % 2 !== 0) continue
      const leg = this.#copy(at)
      if (Atomics.load(this.#cells, at + GENERATION) !== generation) continue
      read.generation = generation
      read.leg = leg
      return leg
    }
  }

  /** Steering only. True when the data threads should look: more than the round trip has changed. */
  writeLeg(name: LegName, leg: BoardLeg): boolean {
    const before = this.leg(name)
    const sameLeg =
      before.up === leg.up &&
      before.ifIndex === leg.ifIndex &&
      sameAddress(before.address4, leg.address4) &&
      sameAddress(before.address6, leg.address6)
    if (sameLeg && before.srttUs === leg.srttUs) return false

    const at = rowOf(name)
    Atomics.add(this.#cells, at + GENERATION, 1)
    Atomics.store(this.#cells, at + UP, Number(leg.up))
    Atomics.store(this.#cells, at + IF_INDEX, leg.ifIndex)
    Atomics.store(this.#cells, at + SRTT_US, Math.min(leg.srttUs, INT32_MAX))
    const families =
      (leg.address4 === undefined ? 0 : HAS_IPV4) | (leg.address6 === undefined ? 0 : HAS_IPV6)
    Atomics.store(this.#cells, at + FAMILIES, families)
    if (leg.address4 !== undefined) this.#bytes.set(leg.address4, at * 4 + ADDRESS4_BYTE)
    if (leg.address6 !== undefined) this.#bytes.set(leg.address6, at * 4 + ADDRESS6_BYTE)
    Atomics.add(this.#cells, at + GENERATION, 1)
    return !sameLeg
  }

  /** Steering only. True when something changed. */
  writeHouse(reachable: boolean, lteKept: boolean): boolean {
    const wasReachable = Atomics.exchange(this.#cells, REACHABLE, Number(reachable))
    const wasKept = Atomics.exchange(this.#cells, LTE_KEPT, Number(lteKept))
    return wasReachable !== Number(reachable) || wasKept !== Number(lteKept)
  }

  #copy(at: number): BoardLeg {
    const families = Atomics.load(this.#cells, at + FAMILIES)
    const byte = at * 4
    return {
      up: Atomics.load(this.#cells, at + UP) === 1,
      ifIndex: Atomics.load(this.#cells, at + IF_INDEX),
      srttUs: Atomics.load(this.#cells, at + SRTT_US),
      address4: (families & HAS_IPV4) === 0 ? undefined : this.#address(byte + ADDRESS4_BYTE),
      address6: (families & HAS_IPV6) === 0 ? undefined : this.#address(byte + ADDRESS6_BYTE),
    }
  }

  /** A copy: what the kernel and the encoders take must not be shared memory. */
  #address(byte: number): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(byte, byte + ADDRESS_BYTES))
  }
}

function rowOf(name: LegName): number {
  return (1 + LEGS.indexOf(name)) * (ROW_BYTES / 4)
}

function sameAddress(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.every((byte, i) => byte === other[i])
}

const NO_LEG: BoardLeg = {
  up: false,
  ifIndex: 0,
  srttUs: 0,
  address4: undefined,
  address6: undefined,
}
const INT32_MAX = 0x7fff_ffff
const ADDRESS_BYTES = 16

const ROW_BYTES = 64
// Cells of the house's row.
const REACHABLE = 0
const LTE_KEPT = 1
const QUICKER = 2
// Cells of a leg's row, and bytes from its beginning.
const GENERATION = 0
const UP = 1
const IF_INDEX = 2
const SRTT_US = 3
const FAMILIES = 4
const ADDRESS4_BYTE = 32
const ADDRESS6_BYTE = 48
const HAS_IPV4 = 1
const HAS_IPV6 = 2
