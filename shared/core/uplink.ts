/**
 * The home's uplink: what leaves comes in blocks, and a slow line is full while it takes one.
 *
 *     waits   ▇▇▇▇▇▇▁▇▇▇▇▇▁▇▇▇▇▇▁      80 to 90 % of DSL: between two blocks nothing waits
 *             ▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇▇      more than DSL: always something
 *
 * Measured on a line of 10 Mbit/s with blocks of 128 KiB. So rates and queues are judged over longer than a
 * block takes. Where the line is shaped, what waits stands in our own queue and can be looked at.
 */
import { Lately } from './lately.ts'
import { LtePace } from './lte-pace.ts'
import type { OverflowPolicy } from './overflow.ts'
import { SteadyRate } from './rate.ts'
import { BLOCK_BYTES, UNSENT_MS } from './send-queue.ts'

export class Uplink {
  readonly #pace = new LtePace()
  readonly #rates = { dsl: new SteadyRate(), lte: new SteadyRate() }
  readonly #looks: Array<{ readonly waits: boolean; readonly atMs: number }> = []
  #windowMs = WINDOW_MS_MIN
  #lteBytes = 0
  #capacity = 0
  #unsentMs = Infinity
  readonly #unsent = new Lately(UNSENT_MS)

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
    if (unsentMs !== undefined && unsentMs > this.#unsentMs) this.#unsent.note(true, nowMs)
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
    return this.#unsent.holds(nowMs)
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

/** Judged over longer than its blocks take, an uplink with little room has room. */
export function uplinkPolicy(policy: OverflowPolicy): OverflowPolicy {
  const engageAt = Math.max(policy.engageAt, FULL)
  const releaseAt = Math.max(policy.releaseAt, ROOM)
  return { ...policy, engageAt, releaseAt, unsureMs: UNSURE_MS }
}

export interface UplinkLook {
  readonly txBytes: { readonly dsl: number | undefined; readonly lte: number | undefined }
  /** Bytes for DSL, with us; undefined where that is not shaped. */
  readonly waiting: number | undefined
  /** For how long, since whenever, DSL has been given less than there is to send. */
  readonly unsentMs: number | undefined
}

const BLOCKS = 1.5
const WINDOW_MS_MIN = 300
/** LTE's turns are some in a second. */
const PACE_MS = 1_000
/** An uplink of 1 Mbit/s takes a second for a block. */
const WINDOW_MS_MAX = 1_500
const FULL = 0.965
const ROOM = 0.95
/** Some blocks, and some probes in each. */
const UNSURE_MS = 600
const LOOKED = 0.8
/** bbr drains the queue for a moment now and then. */
const ALWAYS = 0.9
