/**
 * A painted uplink: one connection over two lines, with blocks as applications hand them over and the bursts
 * that the kernel's scheduler makes of them.
 *
 *     blocks of 128 KiB ──▶ unsent ──▶ the line that would be done first gets 64 KiB ─┬─▶ DSL ──▶
 *                                      (an idle one always)                           └─▶ LTE ──▶
 *
 * Measured on 10 + 10 Mbit/s: with DSL alone, at 80 % of it nothing waits for 27 ms of every 137.
 */
import { UNLIMITED } from './budget.ts'
import { DslFirst } from './dsl-first.ts'
import { POLICY, SAID } from './house.fake.ts'

export class PaintedUplink {
  readonly dslFirst: DslFirst
  /** As `12050 on dsl-full 98 % for 120 ms`. */
  readonly decisions: string[] = []
  readonly carried = { dsl: 0, lte: 0 }
  nowMs = 0
  readonly #random: () => number
  readonly #line: UplinkLine
  readonly #given = { dsl: 0, lte: 0 }
  #unsentBytes = 0
  #nextBlockMs = 0
  #burst: { line: 'dsl' | 'lte'; bytes: number } | undefined
  #nextTickMs = 0
  #nextLookMs = 0
  #unsentMs = 0

  constructor(line: UplinkLine, random: () => number) {
    this.#random = random
    this.#line = line
    const { dslRate, shaped } = line
    const configured = { down: undefined, up: dslRate }
    this.dslFirst = new DslFirst(
      POLICY,
      { configured, shapedUp: shaped },
      (direction, on, reason) =>
        this.decisions.push(
          `${Math.round(this.nowMs)} ${direction} ${on ? 'on' : 'off'} ${reason}`,
        ),
    )
    this.#tick()
    for (let i = 0; i < 12; i++) this.dslFirst.heard(FLOOR_MS + 2 * random(), 0, SAID)
  }

  /** Somebody sends `share` of what DSL carries. */
  play(forMs: number, share: number): void {
    const untilMs = this.nowMs + forMs
    this.#nextBlockMs = Math.max(this.#nextBlockMs, this.nowMs)
    while (this.nowMs < untilMs) {
      this.nowMs += STEP_MS
      this.#write(share)
      this.#schedule()
      this.#send('dsl', this.#line.dslRate)
      this.#send('lte', this.#line.lteRate)
      if (this.nowMs >= this.#nextLookMs) this.#look()
      if (this.nowMs >= this.#nextTickMs) this.#tick()
    }
  }

  #write(share: number): void {
    const everyMs = BLOCK_BYTES / (share * this.#line.dslRate)
    // Who asks for all there is keeps what is unsent filled.
    const most = Number.isFinite(share) ? Infinity : 2 * BLOCK_BYTES
    while (this.nowMs >= this.#nextBlockMs && this.#unsentBytes < most) {
      this.#unsentBytes += BLOCK_BYTES
      this.#nextBlockMs += everyMs * (0.9 + 0.2 * this.#random())
    }
  }

  #schedule(): void {
    while (this.#unsentBytes > 0) {
      const burst = this.#burst ?? { line: this.#first(), bytes: BURST_BYTES }
      if (this.#given[burst.line] >= this.#givenBytesMax(burst.line)) return
      const bytes = Math.min(burst.bytes, this.#unsentBytes)
      this.#given[burst.line] += bytes
      this.#unsentBytes -= bytes
      this.#burst = bytes < burst.bytes ? { ...burst, bytes: burst.bytes - bytes } : undefined
    }
  }

  #first(): 'dsl' | 'lte' {
    const { dslRate, lteRate } = this.#line
    const sooner = this.#given.lte / lteRate < this.#given.dsl / dslRate
    return this.dslFirst.helps(TOKEN) && sooner ? 'lte' : 'dsl'
  }

  #givenBytesMax(line: 'dsl' | 'lte'): number {
    return Math.max(GIVEN_BYTES_MIN, GIVEN_CWNDS * CWND_MS * this.#line[`${line}Rate`])
  }

  #send(line: 'dsl' | 'lte', rate: number): void {
    const bytes = Math.min(this.#given[line], rate * STEP_MS)
    this.#given[line] -= bytes
    this.carried[line] += bytes
  }

  /** A data thread looks at its sockets. */
  #look(): void {
    this.#nextLookMs = this.nowMs + LOOK_MS
    if (this.#given.dsl - CWND_MS * this.#line.dslRate >= BLOCK_BYTES) this.#unsentMs += LOOK_MS
  }

  #tick(): void {
    this.#nextTickMs = this.nowMs + (this.#random() < SLEEP_CHANCE ? 60 * this.#random() : 20)
    const leg = (line: 'dsl' | 'lte') => ({
      path: line,
      counters: { txPackets: 0, rxPackets: 0, rxBytes: 0, txBytes: this.carried[line] },
      dead: undefined,
    })
    const waiting = () => (this.#line.shaped ? Math.min(this.#given.dsl, QUEUED_BYTES) : undefined)
    const flows = [
      { token: TOKEN, bulk: true, downBytes: 0, upBytes: this.carried.dsl + this.carried.lte },
    ]
    const legs = {
      dsl: { ...leg('dsl'), waiting },
      lte: leg('lte'),
      transfers: () => ({ dslUnsentMs: this.#unsentMs, gapBytes: 0 }),
    }
    this.dslFirst.judge(legs, () => flows, UNLIMITED, this.nowMs)
    if (!this.dslFirst.wantsProbe(this.nowMs)) return
    // Unshaped, what is under way stands in the modem, but no more than congestion control lets out.
    const { dslRate, shaped, queues } = this.#line
    const mostMs = Math.max(CWND_MS, CWND_BYTES_MIN / dslRate)
    const queueMs = shaped || !queues ? 0 : Math.min(this.#given.dsl / dslRate, mostMs)
    this.dslFirst.heard(FLOOR_MS + queueMs + 2 * this.#random(), this.nowMs, SAID)
  }
}

export interface UplinkLine {
  /** Bytes a millisecond. */
  readonly dslRate: number
  readonly lteRate: number
  /** What leaves by DSL waits with us. */
  readonly shaped: boolean
  /** What is under way stands in the modem; else congestion control lets out no more than the line takes. */
  readonly queues: boolean
}

const TOKEN = 1
const STEP_MS = 1
const FLOOR_MS = 20
const BLOCK_BYTES = 131_072
/** MPTCP_SEND_BURST_SIZE. */
const BURST_BYTES = 65_536
/** What a line has been given and not sent: the send buffer is kept short, but for what quick lines have under way. */
const GIVEN_BYTES_MIN = 196_608
const GIVEN_CWNDS = 2.5
const LOOK_MS = 100
const QUEUED_BYTES = 6_000
const CWND_MS = 25
/** A slow line has some packets under way all the same: ten on 1 Mbit/s. */
const CWND_BYTES_MIN = 14_480
const SLEEP_CHANCE = 0.01
