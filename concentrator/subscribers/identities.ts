/**
 * Whose each MPTCP connection is, and on which leg it began, as its cookie has told: in memory that the data threads
 * write and the main thread reads.
 *
 *    row │ token │ leg and subscriber │          8 bytes
 *
 * A token may lie in any of the 8 rows from where it points. Rows are never given back: a newcomer takes the row whose turn
 * it is. A token is written last, so a reader sees a row whole or not at all; two threads in one row at the same
 * moment make it nobody's in particular, once in a blue moon.
 */
import type { Tie } from '../../shared/core/tie.ts'

export class Identities {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  readonly #rows: number
  #turn = 0

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
    this.#rows = memory.byteLength / ROW_BYTES
  }

  static create(rows: number): Identities {
    return new Identities(new SharedArrayBuffer(rows * ROW_BYTES))
  }

  /** `leg` is 0 where nothing told it. */
  write(token: number, { subscriber, leg }: Tie): void {
    const at = this.#rowOf(token) ?? this.#freeRow(token)
    Atomics.store(this.#cells, at + TOKEN, 0)
    Atomics.store(this.#cells, at + WHOSE, (subscriber << LEG_BITS) | leg)
    Atomics.store(this.#cells, at + TOKEN, token | 0)
  }

  of(token: number): Tie | undefined {
    const at = this.#rowOf(token)
    if (at === undefined) return undefined
    const whose = Atomics.load(this.#cells, at + WHOSE)
    if (Atomics.load(this.#cells, at + TOKEN) !== (token | 0)) return undefined
    return { subscriber: whose >>> LEG_BITS, leg: whose & LEG_MASK }
  }

  #rowOf(token: number): number | undefined {
    return this.#window(token).find((at) => Atomics.load(this.#cells, at + TOKEN) === (token | 0))
  }

  #freeRow(token: number): number {
    const window = this.#window(token)
    const free = window.find((at) => Atomics.load(this.#cells, at + TOKEN) === 0)
    if (free !== undefined) return free
    this.#turn = (this.#turn + 1) % WINDOW_ROWS
    return window[this.#turn]!
  }

  /** A token is a hash already. */
  #window(token: number): number[] {
    const first = (token >>> 0) % this.#rows
    return Array.from({ length: WINDOW_ROWS }, (_, i) => 2 * ((first + i) % this.#rows))
  }
}

/** Four times the connections that one concentrator holds. */
export const IDENTITIES_MAX = 524_288
const ROW_BYTES = 8
const WINDOW_ROWS = 8
const TOKEN = 0
const WHOSE = 1
const LEG_BITS = 2
const LEG_MASK = 3
