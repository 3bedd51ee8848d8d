/**
 * The home's uplink: what leaves comes in blocks, and a slow line is full while it takes one.
 *
 *     waits   ▇▇▇▇▇▇▁▇▇▇▇▇▁▇▇▇▇▇▁      80 to 90 % of DSL: between two blocks nothing waits
 *             ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇      more than DSL: always something
 *
 * Measured on a line of 10 Mbit/s with blocks of 128 KiB. So rates and queues are judged over longer than a
 * block takes. Where the line is shaped, what waits stands in our own queue and can be looked at.
 */
import { LtePace } from './lte-pace.ts'
import { SteadyRate } from './rate.ts'

export class Uplink {
  readonly #pace = new LtePace()
  readonly #rates = { dsl: new SteadyRate(), lte: new SteadyRate() }
  readonly #looks: Array<{ readonly waits: boolean; readonly atMs: number }> = []
  #windowMs = WINDOW_MS_MIN
  #lteBytes = 0
  #capacity = 0
  #unsentMs = Infinity
  #unsentAtMs = -Infinity

  observe(
    { txBytes, waiting, unsentMs }: UplinkLook,
    capacity: number | undefined,
    nowMs: number,
  ): void {
    if (txBytes.dsl !== undefined) this.#rates.dsl.observe(txBytes.dsl, nowMs)
    if (txBytes.lte !== undefined) this.#rates.lte.observe(txBytes.lte, nowMs)
    this.#lteBytes = txBytes.lte ?? this.#lteBytes
    this.#capacity = capacity ?? 0
    const blockMs = (BLOCK_BYTES * BLOCKS) / (capacity ?? Infinity)
    this.#windowMs = Math.min(Math.max(blockMs, WINDOW_MS_MIN), WINDOW_MS_MAX)
    if (waiting === undefined) this.#looks.length = 0
    else this.#looks.push({ waits: waiting > 0, atMs: nowMs })
    if (unsentMs !== undefined && unsentMs > this.#unsentMs) this.#unsentAtMs = nowMs
    this.#unsentMs = unsentMs ?? Infinity
    while (nowMs - (this.#looks[0]?.atMs ?? nowMs) > this.#windowMs) this.#looks.shift()
  }

  get dslBytesPerMs(): number {
    return this.#rates.dsl.over(this.#windowMs)
  }

  get lteBytesPerMs(): number {
    return this.#rates.lte.over(this.#windowMs)
  }

  /** Something waits all the time; undefined while nobody has looked for so long. */
  get waits(): boolean | undefined {
    const [first] = this.#looks
    const last = this.#looks.at(-1)
    if (first === undefined || last === undefined) return undefined
    if (last.atMs - first.atMs < this.#windowMs * LOOKED) return false
    const waited = this.#looks.filter(({ waits }) => waits).length
    return waited >= this.#looks.length * ALWAYS
  }

  /** DSL had been given less than there was to send when somebody last looked, a moment ago. */
  unsent(nowMs: number): boolean {
    return nowMs - this.#unsentAtMs < UNSENT_MS
  }

  /**
   * `full`: DSL is, and LTE helps; undefined while LTE is not to be paced. True when its turn begins or is over.
   */
  takeTurns(full: boolean | undefined, nowMs: number): boolean {
    if (full === undefined) return this.#pace.judge(undefined, nowMs)
    const dslBytesPerMs = this.#rates.dsl.over(PACE_MS)
    const lteBytesPerMs = this.#rates.lte.over(PACE_MS)
    const [capacity, lteBytes] = [this.#capacity, this.#lteBytes]
    return this.#pace.judge({ full, dslBytesPerMs, lteBytesPerMs, capacity, lteBytes }, nowMs)
  }

  /** LTE may carry now. */
  get lteOpen(): boolean {
    return this.#pace.open
  }

  /** Another line. */
  forget(leg: 'dsl' | 'lte'): void {
    this.#rates[leg].forget()
    if (leg === 'dsl') this.#looks.length = 0
  }
}

export interface UplinkLook {
  readonly txBytes: { readonly dsl: number | undefined; readonly lte: number | undefined }
  /** Bytes for DSL, with us; undefined where that is not shaped. */
  readonly waiting: number | undefined
  /** For how long, since whenever, DSL has been given less than there is to send. */
  readonly unsentMs: number | undefined
}

/** What applications hand over at once, and what the kernel's scheduler gives a line at once is half of it. */
export const BLOCK_BYTES = 131_072
const BLOCKS = 1.5
const WINDOW_MS_MIN = 300
/** LTE's turns are some in a second. */
const PACE_MS = 1_000
/** An uplink of 1 Mbit/s takes a second for a block. */
const WINDOW_MS_MAX = 1_500
const LOOKED = 0.8
/** bbr drains the queue for a moment now and then. */
const ALWAYS = 0.9
/** The data threads look every 100 ms; that one look in between finds nothing is bbr's doing. */
const UNSENT_MS = 250
