/**
 * What the data threads count, in memory both sides can see.
 *
 *   worker 0 │ flowsOpened │ flowsClosed │ upBytes │ downBytes │ ...
 *   worker 1 │ flowsOpened │ flowsClosed │ upBytes │ downBytes │ ...
 *
 * A worker writes only its own row, the control plane only reads. So there is no lock and no message,
 * and a reader may be one update old. It cannot see half an update: an aligned 8-byte store is one
 * instruction on x86-64 and arm64 (the language itself does not promise this).
 */

/** Everything a daemon counts in its data threads, by name: the columns of its table. */
export class Counters<Name extends string> {
  readonly memory: SharedArrayBuffer
  readonly #names: readonly Name[]
  readonly #rowCells: number
  readonly #cells: Float64Array

  /** `memory` comes from another thread's `Counters` of the same names; without it, one is made. */
  constructor(names: readonly Name[], workers: number, memory?: SharedArrayBuffer) {
    this.#names = names
    this.#rowCells = Math.ceil(names.length / CELLS_PER_LINE) * CELLS_PER_LINE
    this.memory = memory ?? new SharedArrayBuffer(workers * this.#rowCells * 8)
    this.#cells = new Float64Array(this.memory)
  }

  /** The row that `worker` alone may write: `row[column.upBytes] += bytes`. */
  row(worker: number): Float64Array {
    return this.#cells.subarray(worker * this.#rowCells, (worker + 1) * this.#rowCells)
  }

  /** The sum over all workers. */
  read(name: Name): number {
    let sum = 0
    for (let at = this.#names.indexOf(name); at < this.#cells.length; at += this.#rowCells) {
      sum += this.#cells[at]!
    }
    return sum
  }

  /** The greatest of all workers. */
  max(name: Name): number {
    let greatest = 0
    for (let at = this.#names.indexOf(name); at < this.#cells.length; at += this.#rowCells) {
      greatest = Math.max(greatest, this.#cells[at]!)
    }
    return greatest
  }

  /** The least of all workers. */
  min(name: Name): number {
    let least = Infinity
    for (let at = this.#names.indexOf(name); at < this.#cells.length; at += this.#rowCells) {
      least = Math.min(least, this.#cells[at]!)
    }
    return least
  }
}

/** Where each name stands in a row. */
export function columns<Name extends string>(names: readonly Name[]): Record<Name, number> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<Name, number>
}

// Whole cache lines for each worker, so that two threads never write the same line.
const CELLS_PER_LINE = 8
