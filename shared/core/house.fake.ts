/**
 * A painted home for judging the judge of overflow: two lines as fluids, flows that want something, seeded
 * weather, one clock.
 *
 *     flows ─┬─ not helped ──▶ DSL: rate, queue, answers to probes
 *            └─ helped ──────▶ both, split as the kernel does: by what each line carries
 *
 * Only the downlink is painted. A change of flags is felt after FLAG_MS, demands are noisy, and now and then
 * the machine sleeps.
 */
import { type Budget, UNLIMITED } from './budget.ts'
import { DslFirst } from './dsl-first.ts'
import type { LegName } from './leg.ts'
import type { OverflowPolicy } from './overflow.ts'

/** Bytes a millisecond; 125 is 1 Mbit/s. */
export interface PaintedFlow {
  readonly token: number
  /** What it takes; Infinity: all there is. */
  wants: number
  bytes: number
}

export const POLICY: OverflowPolicy = {
  engageAt: 0.93,
  releaseAt: 0.91,
  engageMs: 100,
  releaseMs: 1_000,
  trialMs: 5_000,
  burstBytesMax: 15e6,
}

export class PaintedHouse {
  readonly dslFirst: DslFirst
  readonly flows: PaintedFlow[] = []
  /** Every decision, as `12050 on dsl-queue 26 ms at 99 % for 120 ms`. */
  readonly decisions: Array<{
    readonly atMs: number
    readonly engaged: boolean
    readonly reason: string
  }> = []
  readonly carried = { dsl: 0, lte: 0 }
  readonly alive: Record<LegName, boolean> = { dsl: true, lte: true }
  budget: Budget = UNLIMITED
  /** What LTE may carry; then its budget is spent. */
  lteBytesMax = Infinity
  dslRate = 6_250
  lteRate = 3_750
  /** LTE has turned bad: DSL must wait for what is under way there. */
  lteHolds = false
  /** LTE carries so many milliseconds' worth at once, and nothing in between. */
  lteEveryMs = STEP_MS
  nowMs = 0
  /** What DSL's queue holds, as time. */
  queueMs = 0
  probes = 0
  readonly #random: () => number
  readonly #answers: Array<{ readonly atMs: number; readonly rttMs: number }> = []
  /** Since when each token is helped or not, as the kernel feels it. */
  readonly #flags = new Map<number, { helped: boolean; atMs: number }>()
  #nextTickMs = 0
  /** Under way by LTE, and awaited. */
  #heldBytes = 0

  constructor(random: () => number, configuredDown: number | undefined, policy = POLICY) {
    this.#random = random
    const line = { configured: { down: configuredDown, up: undefined }, shapedUp: false }
    this.dslFirst = new DslFirst(policy, line, (direction, engaged, reason) => {
      if (direction === 'down') this.decisions.push({ atMs: this.nowMs, engaged, reason })
    })
    this.#tick()
    // A path is asked a few times when it is new.
    for (let i = 0; i < 12; i++) this.dslFirst.heard(FLOOR_MS + 2 * random(), 0, SAID)
  }

  open(token: number, wants: number): PaintedFlow {
    const flow = { token, wants, bytes: 0 }
    this.flows.push(flow)
    return flow
  }

  close(token: number): void {
    const at = this.flows.findIndex((flow) => flow.token === token)
    if (at >= 0) this.flows.splice(at, 1)
    this.#flags.delete(token)
  }

  play(forMs: number): void {
    const untilMs = this.nowMs + forMs
    while (this.nowMs < untilMs) {
      this.nowMs += STEP_MS
      this.#carry()
      this.#hear()
      if (this.nowMs < this.#nextTickMs) continue
      // 20 ms a tick; once in a while the host takes its time.
      this.#nextTickMs = this.nowMs + (this.#random() < SLEEP_CHANCE ? 150 * this.#random() : 15)
      this.#tick()
    }
  }

  #carry(): void {
    const noise = 0.96 + 0.08 * this.#random()
    const dslMost = this.alive.dsl ? this.dslRate * STEP_MS : 0
    const turn = this.nowMs % this.lteEveryMs < STEP_MS
    const lteMost = this.alive.lte && turn ? this.lteRate * this.lteEveryMs : 0
    const want = (flow: PaintedFlow) =>
      Math.min(flow.wants * noise, (this.dslRate + this.lteRate) * GREED) * STEP_MS
    const ways = this.flows.map((flow) => ({ flow, want: want(flow), helped: this.#felt(flow) }))
    const held = this.#held(
      ways.some(({ helped }) => helped),
      lteMost,
    )
    const sum = (helped: boolean) =>
      ways.reduce((total, way) => total + (way.helped === helped ? way.want : 0), 0)
    const alone = sum(false)
    const shared = sum(true)
    // Helped flows give each line its part; what one cannot take the other may.
    const part = dslMost / Math.max(1, dslMost + lteMost)
    const dslAlone = Math.min(alone, dslMost)
    const dslRoom = dslMost - Math.min(alone, dslMost * (alone > 0 ? alone / (alone + shared) : 0))
    const toLte = Math.min(lteMost, Math.max(shared * (1 - part), shared - dslRoom))
    const mostDsl = held ? Math.min(dslMost, toLte) : dslMost
    const toDsl = Math.min(mostDsl, dslAlone + Math.max(0, shared - toLte))
    this.#queue(held ? 0 : alone + shared - toLte, dslMost)
    this.carried.dsl += toDsl
    this.carried.lte += toLte
    const served = (toDsl + toLte) / Math.max(1, alone + shared)
    for (const { flow, want: wanted } of ways) flow.bytes += wanted * Math.min(1, served)
  }

  /** A flag does not take back what LTE has been given; the end of its subflow does. */
  #held(helped: boolean, lteMost: number): boolean {
    if (!this.lteHolds) this.#heldBytes = 0
    else if (helped) this.#heldBytes = UNDER_WAY_BYTES
    else if (this.flows.some(({ token }) => this.dslFirst.bars(token))) this.#heldBytes = 0
    else this.#heldBytes = Math.max(0, this.#heldBytes - lteMost)
    return this.#heldBytes > 0
  }

  /** Congestion control keeps a queue of about a round trip on a line that is asked for too much. */
  #queue(offered: number, most: number): void {
    const target = offered > most ? FULL_QUEUE_MS : 0
    const pace = offered > most ? 0.2 : 0.3
    this.queueMs += (target - this.queueMs) * pace
  }

  #felt({ token }: PaintedFlow): boolean {
    if (!this.alive.lte) return false
    if (!this.alive.dsl) return true
    const wanted = this.dslFirst.helps(token)
    const flag = this.#flags.get(token) ?? { helped: false, atMs: -Infinity }
    this.#flags.set(token, flag)
    if (flag.helped === wanted) flag.atMs = this.nowMs
    else if (this.nowMs - flag.atMs >= FLAG_MS) flag.helped = wanted
    return flag.helped
  }

  #hear(): void {
    while ((this.#answers[0]?.atMs ?? Infinity) <= this.nowMs) {
      const answer = this.#answers.shift()
      if (answer !== undefined) this.dslFirst.heard(answer.rttMs, this.nowMs, SAID)
    }
  }

  #tick(): void {
    const leg = (name: LegName) => ({
      path: name,
      counters: { txPackets: 0, txBytes: 0, rxPackets: 0, rxBytes: this.carried[name] },
      dead: this.alive[name] ? undefined : `${name}-down no carrier`,
    })
    const flows = this.flows.map(({ token, bytes }) => ({
      token,
      bulk: bytes > 65_536,
      upBytes: 0,
      downBytes: bytes,
    }))
    const spent = this.carried.lte >= this.lteBytesMax
    const budget = spent ? { pressure: 1, aheadPercent: 0, spent } : this.budget
    // What the slower of two good lines leaves out of order.
    const usual = [...this.#flags.values()].some(({ helped }) => helped)
      ? LTE_LATER_MS * this.lteRate
      : 0
    const gapBytes = this.flows.length === 0 ? undefined : Math.max(this.#heldBytes, usual)
    const transfers = () => ({ dslUnsentMs: 0, gapBytes })
    const legs = { dsl: leg('dsl'), lte: leg('lte'), transfers }
    this.dslFirst.judge(legs, () => flows, budget, this.nowMs)
    if (!this.dslFirst.wantsProbe(this.nowMs) || !this.alive.dsl) return
    this.probes += 1
    const rttMs = FLOOR_MS + this.queueMs + 2 * this.#random()
    const answer = { atMs: this.nowMs + rttMs, rttMs }
    // Lines do not reorder.
    if (answer.atMs >= (this.#answers.at(-1)?.atMs ?? 0)) this.#answers.push(answer)
  }
}

/** Nothing is shaped, and nobody but the queue tells that DSL is full. */
export const SAID = { shapedKbps: 0, unsent: false }
const STEP_MS = 10
const FLOOR_MS = 20
const FULL_QUEUE_MS = 28
const FLAG_MS = 200
/** Who wants all offers so many times what there is. */
const GREED = 1.5
const LTE_LATER_MS = 40
/** 100 ms of a cell of 30 Mbit/s, and as much again in its windows. */
const UNDER_WAY_BYTES = 750_000
const SLEEP_CHANCE = 0.01
