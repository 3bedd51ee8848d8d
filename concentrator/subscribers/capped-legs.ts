/**
 * Which legs of which homes have a class, in memory that all threads see. A data thread gives a connection
 * that has fallen back to plain TCP the class of its leg, for the path manager tells nothing of it; the
 * main thread makes the class when it is first asked for.
 *
 *    cell 0: how often a class was asked for    1 + 2 * subscriber + leg: 0 uncapped, 1 capped, 2 asked for
 */
import { isLegNumber, LEGS, legCellOf } from '../../shared/core/leg.ts'
import { legClass } from '../../shared/core/shaping.ts'

export class CappedLegs {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  #seen = 0

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
  }

  static create(subscribers: number): CappedLegs {
    const cells = 1 + subscribers * LEGS.length
    return new CappedLegs(new SharedArrayBuffer(cells * Int32Array.BYTES_PER_ELEMENT))
  }

  /** Main thread: this leg, by LEG_NUMBER, is capped. */
  cap(subscriber: number, leg: number): void {
    Atomics.store(this.#cells, cellOf(subscriber, leg), CAPPED)
  }

  /** Main thread: it is not any more. */
  uncap(subscriber: number, leg: number): void {
    Atomics.store(this.#cells, cellOf(subscriber, leg), UNCAPPED)
  }

  /** Data threads: the class by which this leg's packets leave; undefined where it is not capped, or no leg. */
  classOf(subscriber: number, leg: number): number | undefined {
    const cell = cellOf(subscriber, leg)
    if (!isLegNumber(leg) || cell >= this.#cells.length) return undefined
    const was = Atomics.compareExchange(this.#cells, cell, CAPPED, ASKED)
    if (was === CAPPED) Atomics.add(this.#cells, ASKS, 1)
    return was === UNCAPPED ? undefined : legClass(subscriber, leg)
  }

  /** Main thread: all that were ever asked for, if there are others than at the last call. */
  asked(): number[] {
    const asks = Atomics.load(this.#cells, ASKS)
    if (asks === this.#seen) return []
    this.#seen = asks
    const classes: number[] = []
    for (let cell = 1; cell < this.#cells.length; cell++) {
      if (Atomics.load(this.#cells, cell) !== ASKED) continue
      const leg = 1 + ((cell - 1) % LEGS.length)
      classes.push(legClass(Math.floor((cell - 1) / LEGS.length), leg))
    }
    return classes
  }
}

function cellOf(subscriber: number, leg: number): number {
  return 1 + legCellOf(subscriber, leg)
}

const ASKS = 0
const UNCAPPED = 0
const CAPPED = 1
const ASKED = 2
