/**
 * Every MPTCP connection a data thread owns, in memory that steering can read.
 *
 *   row 0 │ state │ token │ leg │ openedS │ class │ order │ upBytes │ downBytes │     64 bytes a row
 *   row 1 │ ...
 *
 * The worker writes its rows, the main thread reads them, and may leave an order in one.
 */

/** `bulk`: open, and has carried so much that both legs may help. */
export const FlowState = { free: 0, pooled: 1, open: 2, bulk: 3 } as const

/** What a row says. `token` is MPTCP's local token (u32); `leg` the number of the first subflow's leg; `serviceClass` its place in SERVICE_CLASSES. */
export interface FlowRow {
  readonly state: number
  readonly token: number
  readonly leg: number
  readonly openedS: number
  readonly serviceClass: number
  readonly upBytes: number
  readonly downBytes: number
}

export class FlowTable {
  readonly memory: SharedArrayBuffer
  readonly #cells: Int32Array
  readonly #bytes: Float64Array
  readonly #free: number[] = []
  readonly #rows: number

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Int32Array(memory)
    this.#bytes = new Float64Array(memory)
    this.#rows = memory.byteLength / ROW_BYTES
    for (let row = this.#rows - 1; row >= 0; row--) this.#free.push(row)
  }

  static create(rows: number): FlowTable {
    return new FlowTable(new SharedArrayBuffer(rows * ROW_BYTES))
  }

  /** A row of one's own, or -1 when all are taken. Only the owning worker claims and releases. */
  claim(state: number, token: number, leg: number, nowS: number): number {
    const row = this.#free.pop()
    if (row === undefined) return -1
    const at = row * ROW_CELLS
    this.#cells[at + TOKEN] = token | 0
    this.#cells[at + LEG] = leg
    this.#cells[at + OPENED_S] = nowS
    this.#cells[at + SERVICE_CLASS] = 0
    this.#cells[at + ORDER] = 0
    this.#bytes[row * ROW_DOUBLES + UP] = 0
    this.#bytes[row * ROW_DOUBLES + DOWN] = 0
    // State last: a reader that sees it sees the rest.
    Atomics.store(this.#cells, at + STATE, state)
    return row
  }

  setState(row: number, state: number): void {
    Atomics.store(this.#cells, row * ROW_CELLS + STATE, state)
  }

  /** A connection goes to a LAN host: what it is from now on. */
  open(row: number, serviceClass: number): void {
    this.#cells[row * ROW_CELLS + SERVICE_CLASS] = serviceClass
    this.setState(row, FlowState.open)
  }

  /** Only the owning worker. */
  classOf(row: number): number {
    return this.#cells[row * ROW_CELLS + SERVICE_CLASS]!
  }

  setClass(row: number, serviceClass: number): void {
    this.#cells[row * ROW_CELLS + SERVICE_CLASS] = serviceClass
  }

  setBytes(row: number, up: number, down: number): void {
    this.#bytes[row * ROW_DOUBLES + UP] = up
    this.#bytes[row * ROW_DOUBLES + DOWN] = down
  }

  /** Main thread: the connection of that token shall be reset. */
  orderReset(token: number): void {
    for (let index = 0; index < this.#rows; index++) {
      const at = index * ROW_CELLS
      if (this.#cells[at + TOKEN]! >>> 0 !== token) continue
      if (Atomics.load(this.#cells, at + STATE) === FlowState.free) continue
      Atomics.store(this.#cells, at + ORDER, RESET)
    }
  }

  isOrderedReset(row: number): boolean {
    return Atomics.load(this.#cells, row * ROW_CELLS + ORDER) === RESET
  }

  /** In both directions, as they were last set. */
  bytesOf(row: number): number {
    return this.#bytes[row * ROW_DOUBLES + UP]! + this.#bytes[row * ROW_DOUBLES + DOWN]!
  }

  release(row: number): void {
    Atomics.store(this.#cells, row * ROW_CELLS + STATE, FlowState.free)
    this.#free.push(row)
  }

  /** Main thread: every row in use. */
  *rows(): Generator<FlowRow> {
    for (let index = 0; index < this.#rows; index++) {
      const at = index * ROW_CELLS
      const state = Atomics.load(this.#cells, at + STATE)
      if (state === FlowState.free) continue
      yield {
        state,
        token: this.#cells[at + TOKEN]! >>> 0,
        leg: this.#cells[at + LEG]!,
        openedS: this.#cells[at + OPENED_S]!,
        serviceClass: this.#cells[at + SERVICE_CLASS]!,
        upBytes: this.#bytes[index * ROW_DOUBLES + UP]!,
        downBytes: this.#bytes[index * ROW_DOUBLES + DOWN]!,
      }
    }
  }
}

const ROW_BYTES = 64
const ROW_CELLS = ROW_BYTES / 4
const ROW_DOUBLES = ROW_BYTES / 8
const STATE = 0
const TOKEN = 1
const LEG = 2
const OPENED_S = 3
const SERVICE_CLASS = 4
const ORDER = 5
const RESET = 1
const UP = 4
const DOWN = 5
