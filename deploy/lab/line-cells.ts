/**
 * What a line's thread and the main thread both see: what the line should do, and what it did.
 *
 *   state  │ downMbps │ upMbps │ rttMs │ ... │ strip   written by main, then `wanted` is raised
 *   down   │ bytes │ packets │ queueDrops │ ...        written by the thread after each round
 *   up     │ bytes │ packets │ queueDrops │ ...
 *   clock  │ the thread's monotonic time of that round
 *   signal │ wanted │ inForce │ stop
 *
 * The thread reads the state only when `wanted` has moved on, and answers by `inForce`; so a half-written
 * state is read again.
 */
import type { LineParams } from './pairs.ts'

/** Which MPTCP options the line takes out of packets (shared/wire/mptcp-option.ts). */
export const STRIPS = ['off', 'syn', 'join', 'data'] as const
export type Strip = (typeof STRIPS)[number]

/** All that can be changed while the line runs. */
export interface LineState extends LineParams {
  /** Off: both devices report a pulled cable. */
  readonly carrier: boolean
  /** Packets vanish both ways, and nobody is told. */
  readonly silent: boolean
  readonly strip: Strip
}

const STATE = [
  'downMbps',
  'upMbps',
  'rttMs',
  'jitterMs',
  'lossPercent',
  'queueMs',
  'carrier',
  'silent',
  'strip',
] as const

/** What is counted each way. Bytes and packets are those delivered. */
const COUNTS = [
  'bytes',
  'packets',
  'queueDrops',
  'lossDrops',
  /** By a failure, or refused by the device at the end. */
  'faultDrops',
  /** How long there was nothing to send, up to the last packet sent. */
  'idleUs',
  'queuedBytes',
] as const
type Count = (typeof COUNTS)[number]

/** `downBytes`, `upQueueDrops`, and so on. */
export type LineCounts = Readonly<Record<`${'down' | 'up'}${Capitalize<Count>}`, number>>

export const COUNT = Object.fromEntries(COUNTS.map((name, i) => [name, i])) as Readonly<
  Record<Count, number>
>

export class LineCells {
  readonly memory: SharedArrayBuffer
  /** Towards the near end, cells by `COUNT`. */
  readonly down: Float64Array
  readonly up: Float64Array
  readonly #state: Float64Array
  readonly #clock: Float64Array
  readonly #signal: Int32Array

  /** `memory` comes from another thread's `LineCells`; without it, one is made. */
  constructor(memory = new SharedArrayBuffer(BYTES)) {
    this.memory = memory
    this.#state = new Float64Array(memory, 0, STATE.length)
    this.down = new Float64Array(memory, DOWN_AT, COUNTS.length)
    this.up = new Float64Array(memory, UP_AT, COUNTS.length)
    this.#clock = new Float64Array(memory, CLOCK_AT, 1)
    this.#signal = new Int32Array(memory, SIGNAL_AT, 3)
  }

  /** Say what the line should do from now on, and answer the number of this wish. */
  want(state: LineState): number {
    for (const [i, name] of STATE.entries()) {
      this.#state[i] = name === 'strip' ? STRIPS.indexOf(state.strip) : Number(state[name])
    }
    return Atomics.add(this.#signal, WANTED, 1) + 1
  }

  /** The number of the last wish. */
  wanted(): number {
    return Atomics.load(this.#signal, WANTED)
  }

  state(): LineState {
    const cell = (name: (typeof STATE)[number]) => this.#state[STATE.indexOf(name)]!
    return {
      downMbps: cell('downMbps'),
      upMbps: cell('upMbps'),
      rttMs: cell('rttMs'),
      jitterMs: cell('jitterMs'),
      lossPercent: cell('lossPercent'),
      queueMs: cell('queueMs'),
      carrier: cell('carrier') === 1,
      silent: cell('silent') === 1,
      strip: STRIPS[cell('strip')]!,
    }
  }

  /** The thread did what wish `number` said. */
  obeyed(number: number): void {
    Atomics.store(this.#signal, IN_FORCE, number)
    Atomics.notify(this.#signal, IN_FORCE)
  }

  /** Until wish `number` is in force. False when the thread took longer than `timeoutMs`. */
  async untilObeyed(number: number, timeoutMs: number): Promise<boolean> {
    const seen = Atomics.load(this.#signal, IN_FORCE)
    if (seen >= number) return true
    return (await Atomics.waitAsync(this.#signal, IN_FORCE, seen, timeoutMs).value) !== 'timed-out'
  }

  stop(): void {
    Atomics.store(this.#signal, STOP, 1)
  }

  stopping(): boolean {
    return Atomics.load(this.#signal, STOP) === 1
  }

  /** The counters are those of this moment of the thread's clock. */
  stamp(nowUs: number): void {
    this.#clock[0] = nowUs
  }

  counts(): LineCounts & { readonly atUs: number } {
    const named = (way: 'down' | 'up', cells: Float64Array) =>
      COUNTS.map((name, i) => [`${way}${name[0]!.toUpperCase()}${name.slice(1)}`, cells[i]!])
    const all = Object.fromEntries([...named('down', this.down), ...named('up', this.up)])
    return { ...(all as LineCounts), atUs: this.#clock[0]! }
  }
}

const WANTED = 0
const IN_FORCE = 1
const STOP = 2

// Cache lines of their own for what different threads write.
const LINE_BYTES = 64
const DOWN_AT = 2 * LINE_BYTES
const UP_AT = 3 * LINE_BYTES
const CLOCK_AT = 4 * LINE_BYTES
const SIGNAL_AT = 5 * LINE_BYTES
const BYTES = 6 * LINE_BYTES
