/**
 * DSL first: what the interfaces carried and what probes took becomes the answer to whom LTE helps.
 *
 *     counters ──▶ core/rate ────────▶ load ─┐
 *     probes ────▶ core/queue-delay ─▶ queue ┼─▶ core/overflow ─▶ core/helped-flows ─▶ path manager
 *                  core/capacity ◀───────────┘    one a direction
 *
 * Counters count everything on the line, so what bypasses the bond is load too.
 */
import type { Budget } from './budget.ts'
import { Capacity } from './capacity.ts'
import {
  type CarriedLoad,
  DIRECTIONS,
  type Direction,
  DslQueue,
  isAcknowledging,
  opposite,
} from './dsl-queue.ts'
import type { EchoSaid } from './echo-said.ts'
import { type CarryingFlow, HelpedFlows } from './helped-flows.ts'
import { Lately } from './lately.ts'
import { LEGS, type LegName } from './leg.ts'
import { BUSY_BYTES_PER_MS } from './leg-traffic.ts'
import { Overflow, type OverflowPolicy } from './overflow.ts'
import { ProbePace } from './probe-pace.ts'
import { Rate } from './rate.ts'
import { UNSENT_MS } from './send-queue.ts'
import type { Steered, SteeredLeg, Transfers } from './steered.ts'
import { Uplink, uplinkPolicy } from './uplink.ts'

/** What is said of DSL before it is measured. */
export interface DslLine {
  /** What it carries in each direction, in bytes a millisecond, where somebody has said. */
  readonly configured: Readonly<Record<Direction, number | undefined>>
  /**
   * What leaves by it is shaped to its configured rate. Then bulk waits with us, where probes pass it: they
   * find no queue in front of a full line. So it is downwards when an echo says it (ADR 0028).
   */
  readonly shapedUp: boolean
}

/** LTE begins to help in a direction, or ceases to. */
export type OnDecision = (
  direction: Direction,
  engaged: boolean,
  reason: string,
  nowMs: number,
) => void

export class DslFirst {
  readonly #onDecision: OnDecision
  readonly #queue: DslQueue
  readonly #ways: Readonly<Record<Direction, Way>>
  readonly #uplink = new Uplink()
  readonly #helped = new HelpedFlows()
  /** Downwards; upwards our own sockets say it. */
  readonly #unsentDown = new Lately(UNSENT_MS)
  readonly #paths: Record<LegName, string> = { dsl: '', lte: '' }
  #transfers: Transfers | undefined
  #askedMs = -Infinity
  #changedMs = -Infinity
  #dslDead = false
  /** Somebody measures the lines: what fills them then is no reason for LTE to help. */
  measuring = false

  constructor(policy: OverflowPolicy, { configured, shapedUp }: DslLine, onDecision: OnDecision) {
    this.#onDecision = onDecision
    this.#queue = new DslQueue(shapedUp)
    const way = (direction: Direction): Way => ({
      rates: { dsl: new Rate(), lte: new Rate() },
      capacity: new Capacity(configured[direction]),
      overflow: new Overflow(policyOf(direction, policy)),
      pace: new ProbePace(),
    })
    this.#ways = { down: way('down'), up: way('up') }
  }

  /** Judge by this policy from now on. */
  adopt(policy: OverflowPolicy): void {
    for (const direction of DIRECTIONS) {
      this.#ways[direction].overflow.adopt(policyOf(direction, policy))
    }
  }

  /** LTE helps this connection now, not only when DSL has died. */
  helps(token: number): boolean {
    return this.#uplink.lteOpen && this.#helped.has(token)
  }

  /** LTE has held up this connection: it is to have no subflow there, as long as DSL lives. */
  bars(token: number): boolean {
    return !this.#dslDead && this.#helped.bars(token)
  }

  /** An echo came over DSL. */
  heard(rttMs: number, nowMs: number, { shapedKbps, unsent }: EchoSaid): void {
    this.#unsentDown.note(unsent, nowMs)
    this.#queue.shapes('down', shapedKbps > 0)
    this.#ways.down.capacity.shapedTo(shapedKbps > 0 ? shapedKbps / KBPS : undefined)
    const fullMs = this.#queue.fullMs(this.#ways.up.capacity.bytesPerMs)
    if (!this.#queue.heard(rttMs, this.#busy ? 'busy' : 'quiet', fullMs, nowMs)) return
    for (const direction of DIRECTIONS) this.#ways[direction].pace.forget()
  }

  /** DSL is so busy that its queue must be known: a probe should leave on it now. */
  wantsProbe(nowMs: number): boolean {
    const unsent = this.#unsentDown.holds(nowMs)
    if ((!this.#busy && !unsent) || nowMs - this.#askedMs < ASK_MS) return false
    if (!unsent && this.#clean(nowMs) && nowMs - this.#askedMs < ASK_CLEAN_MS) return false
    this.#askedMs = nowMs
    return true
  }

  /** Look and judge. True when LTE helps others than before. */
  judge(
    legs: Steered,
    flows: () => Iterable<CarryingFlow>,
    budget: Budget,
    nowMs: number,
  ): boolean {
    // At once, not with the next sample: who is barred from LTE needs it now.
    this.#dslDead = legs.dsl.dead !== undefined
    let sampled = false
    const opened = this.#lookUp(legs, nowMs)
    for (const leg of LEGS) {
      if (this.#observe(leg, legs[leg], nowMs)) sampled = true
    }
    if (!sampled) return opened
    this.#decide(legs, budget, nowMs)
    const { down, up } = this.#ways
    // A home at rest is not asked for its flows.
    const matters = this.#busy || down.overflow.engaged || up.overflow.engaged
    const asked = matters ? flows() : []
    return this.#helped.choose(asked, down.overflow, up.overflow, nowMs) || opened
  }

  /** For whoever shows it. */
  status() {
    const direction = (name: Direction) => {
      const { overflow, capacity, rates } = this.#ways[name]
      return {
        engaged: overflow.engaged,
        keptOut: overflow.keptOut,
        /** For how long LTE has helped since the start. */
        helpedMs: overflow.helpedMs,
        dslBytesPerMs: rates.dsl.bytesPerMs,
        lteBytesPerMs: rates.lte.bytesPerMs,
        /** undefined while it is not known. */
        dslCapacity: capacity.bytesPerMs,
      }
    }
    return { down: direction('down'), up: direction('up') }
  }

  /** DSL carries so much that it may be full soon. */
  get #busy(): boolean {
    return DIRECTIONS.some((direction) => {
      const { rates, capacity } = this.#ways[direction]
      const from = Math.max(BUSY_BYTES_PER_MS, (capacity.bytesPerMs ?? 0) * BUSY_FROM)
      return rates.dsl.bytesPerMs >= from
    })
  }

  /** Such a load has left DSL's queue empty, and it is none that nearly fills it. */
  #clean(nowMs: number): boolean {
    return DIRECTIONS.every((direction) => {
      const { rates, capacity, pace } = this.#ways[direction]
      const rate = rates.dsl.bytesPerMs
      return rate < (capacity.bytesPerMs ?? Infinity) * NEARLY && pace.isClean(rate, nowMs)
    })
  }

  #observe(leg: LegName, { path, counters }: SteeredLeg, nowMs: number): boolean {
    if (path !== this.#paths[leg]) {
      this.#paths[leg] = path
      this.#changedMs = nowMs
      for (const direction of DIRECTIONS) this.#ways[direction].rates[leg].forget()
      this.#uplink.forget(leg)
      if (leg === 'dsl') {
        this.#queue.forget()
        this.#unsentDown.note(false, nowMs)
        for (const direction of DIRECTIONS) {
          this.#ways[direction].capacity.forget()
          this.#ways[direction].pace.forget()
        }
      }
    }
    if (counters === undefined) return true
    const down = this.#ways.down.rates[leg].observe(counters.rxBytes, nowMs)
    const up = this.#ways.up.rates[leg].observe(counters.txBytes, nowMs)
    return down || up
  }

  /** What can be looked at more often than a rate. True when LTE's turn begins or is over. */
  #lookUp({ dsl, lte, transfers }: Steered, nowMs: number): boolean {
    const { down, up } = this.#ways
    const { overflow, capacity } = up
    this.#transfers = transfers?.()
    const waiting = this.#busy || overflow.engaged ? dsl.waiting?.() : undefined
    const txBytes = { dsl: dsl.counters?.txBytes, lte: lte.counters?.txBytes }
    this.#uplink.observe(
      { txBytes, waiting, unsentMs: this.#transfers?.dslUnsentMs },
      capacity.bytesPerMs,
      nowMs,
    )
    // Many flags take long to change, and downwards they take longer to be felt.
    const few = overflow.engaged && !down.overflow.engaged && this.#helped.size <= PACED_FLOWS_MAX
    // Where nothing waits with us a pause looks like room, and a slow line takes long for each block.
    const seen = waiting !== undefined && (capacity.bytesPerMs ?? 0) >= PACED_BYTES_PER_MS_MIN
    const paced = few && seen && dsl.dead === undefined && !overflow.leftUnsent
    return this.#uplink.takeTurns(paced ? overflow.full : undefined, nowMs)
  }

  #decide(legs: Readonly<Record<LegName, SteeredLeg>>, budget: Budget, nowMs: number): void {
    const fullQueueMs = this.#queue.fullMs(this.#ways.up.capacity.bytesPerMs)
    const standingMs = this.#queue.standingMs('down', fullQueueMs, nowMs)
    const load = ({ rates, capacity }: Way): CarriedLoad => {
      return { bytesPerMs: rates.dsl.bytesPerMs, capacity: capacity.bytesPerMs }
    }
    const loads = { down: load(this.#ways.down), up: load(this.#ways.up) }
    const gapBytes = this.#transfers?.gapBytes
    for (const direction of DIRECTIONS) {
      const { rates, capacity, overflow, pace } = this.#ways[direction]
      const waits = direction === 'up' ? this.#uplink.waits : undefined
      // What waits with us all the time says that the line takes what it is shaped to, come what may beyond.
      const queueMs =
        waits === true ? undefined : this.#queue.of(direction, loads, fullQueueMs, nowMs)
      const { dslBytesPerMs, lteBytesPerMs } =
        direction === 'up'
          ? this.#uplink
          : { dslBytesPerMs: rates.dsl.bytesPerMs, lteBytesPerMs: rates.lte.bytesPerMs }
      const short = standingMs === undefined ? undefined : standingMs < fullQueueMs * SHORT
      pace.observe(dslBytesPerMs, short, nowMs)
      const alone = !overflow.engaged && (queueMs ?? 0) >= fullQueueMs
      if (waits === true) capacity.forget()
      else capacity.observe(dslBytesPerMs, alone ? queueMs : undefined, nowMs)
      const excused = this.measuring && !overflow.engaged
      const other = this.#ways[opposite(direction)].rates
      const otherBytesPerMs = other.dsl.bytesPerMs + other.lte.bytesPerMs
      const unsent = direction === 'up' ? this.#uplink.unsent(nowMs) : this.#unsentDown.holds(nowMs)
      const reason = overflow.judge(
        {
          dslDown: legs.dsl.dead,
          lteUp: legs.lte.dead === undefined,
          budget,
          dslBytesPerMs: excused ? 0 : dslBytesPerMs,
          lteBytesPerMs: excused ? 0 : lteBytesPerMs,
          acknowledging: isAcknowledging(dslBytesPerMs + lteBytesPerMs, otherBytesPerMs),
          gapBytes: direction === 'down' ? gapBytes : undefined,
          lteWorks: rates.lte.moves(nowMs),
          lteMoved: rates.lte.moves(nowMs, MOVED_MS),
          changed: nowMs - this.#changedMs < CHANGED_MS,
          waits: excused ? false : waits,
          // Where LTE helps it may be LTE's.
          unsent: !excused && !overflow.engaged && unsent,
          capacity: capacity.bytesPerMs,
          certain: capacity.certain,
          exact: direction === 'down' && this.#queue.shaped.down,
          proven: capacity.proven,
          queueMs: excused ? undefined : queueMs,
          fullQueueMs,
        },
        nowMs,
      )
      if (reason === undefined) continue
      if (!overflow.engaged && overflow.heldUp) this.#helped.bar(nowMs)
      this.#onDecision(direction, overflow.engaged, reason, nowMs)
    }
  }
}

function policyOf(direction: Direction, policy: OverflowPolicy): OverflowPolicy {
  return direction === 'down' ? policy : uplinkPolicy(policy)
}

interface Way {
  readonly rates: Readonly<Record<LegName, Rate>>
  readonly capacity: Capacity
  readonly overflow: Overflow
  readonly pace: ProbePace
}

/** In a byte a millisecond. */
const KBPS = 8
const PACED_FLOWS_MAX = 8
/** 3.2 Mbit/s: a block of 128 KiB takes a third of a second. */
const PACED_BYTES_PER_MS_MIN = 400
/** From this share of its capacity on DSL's queue is measured, and so often. */
const BUSY_FROM = 0.5
const ASK_MS = 40
const ASK_CLEAN_MS = 1_000
/** From this share of its capacity on DSL is asked often, come what may. */
const NEARLY = 0.85
/** A line that turned bad moves now and then: 3 Mbit/s and 600 ms, some times in a second. */
const MOVED_MS = 1_000
/** Until subflows stand again, and what was lost has been sent again. */
const CHANGED_MS = 1_500
/** Of a queue that means a full line. */
const SHORT = 0.5
