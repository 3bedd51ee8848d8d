/**
 * Which home an address belongs to, in memory that the main thread writes and the data threads read.
 *
 *    row │ generation │ high │ low │ subscriber │ leg │ until │          32 bytes
 *
 * An address may lie in any of the 16 rows from where its hash points. The generation is odd while a row
 * is being written, and a reader that saw it odd or changed looks again.
 */
import { type Owner, SHARED } from '../../shared/core/tie.ts'
import type { Source } from './source.ts'
import { scatter } from './source.ts'

export class TieTable {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  readonly #rows: number

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
    this.#rows = memory.byteLength / (ROW_CELLS * 4)
  }

  static create(rows: number): TieTable {
    return new TieTable(new SharedArrayBuffer(rows * ROW_CELLS * 4))
  }

  /** Data threads: whose it is, if that was true within the time. `nowS` is monotonic, one clock for all. */
  ownerOf(source: Source, nowS: number): Owner | undefined {
    const first = this.#firstOf(source)
    for (let i = 0; i < WINDOW_ROWS; i++) {
      const owner = this.#read(((first + i) % this.#rows) * ROW_CELLS, source, nowS)
      if (owner !== undefined) return owner
    }
    return undefined
  }

  /** Main thread only. In a full window the row that ends soonest is overwritten. */
  write(source: Source, owner: Owner, untilS: number): void {
    const first = this.#firstOf(source)
    let target = -1
    let targetUntilS = Infinity
    for (let i = 0; i < WINDOW_ROWS; i++) {
      const at = ((first + i) % this.#rows) * ROW_CELLS
      if (this.#isOf(at, source)) {
        target = at
        break
      }
      const until = this.#cells[at + UNTIL_S]!
      if (until < targetUntilS) {
        target = at
        targetUntilS = until
      }
    }
    Atomics.add(this.#cells, target + GENERATION, 1)
    Atomics.store(this.#cells, target + HIGH, source.high)
    Atomics.store(this.#cells, target + LOW, source.low)
    Atomics.store(this.#cells, target + SUBSCRIBER, owner === SHARED ? NOBODY : owner.subscriber)
    Atomics.store(this.#cells, target + LEG, owner === SHARED ? 0 : owner.leg)
    Atomics.store(this.#cells, target + UNTIL_S, untilS)
    Atomics.add(this.#cells, target + GENERATION, 1)
  }

  #read(at: number, source: Source, nowS: number): Owner | undefined {
    for (;;) {
      const generation = Atomics.load(this.#cells, at + GENERATION)
      if (generation === 0) return undefined
      if (generation % 2 !== 0) continue
      const isOwn = this.#isOf(at, source)
      const subscriber = Atomics.load(this.#cells, at + SUBSCRIBER)
      const leg = Atomics.load(this.#cells, at + LEG)
      const untilS = Atomics.load(this.#cells, at + UNTIL_S)
      if (Atomics.load(this.#cells, at + GENERATION) !== generation) continue
      if (!isOwn || untilS < nowS) return undefined
      return subscriber === NOBODY ? SHARED : { subscriber, leg }
    }
  }

  #isOf(at: number, { high, low }: Source): boolean {
    return (
      Atomics.load(this.#cells, at + HIGH) === (high | 0) &&
      Atomics.load(this.#cells, at + LOW) === (low | 0)
    )
  }

  #firstOf(source: Source): number {
    return (scatter(source, 0).low >>> 0) % this.#rows
  }
}

/** Addresses that are tied at a time: two for each of 10,000 homes in both families, and room. */
export const TIES_MAX = 65_536
/** How far from its place an address may lie. */
const WINDOW_ROWS = 16
const ROW_CELLS = 8
const GENERATION = 0
const HIGH = 1
const LOW = 2
const SUBSCRIBER = 3
const LEG = 4
const UNTIL_S = 5
const NOBODY = -1
