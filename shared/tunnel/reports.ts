/**
 * Reports and orders: what the far end learns of what it sent, and of how it may use each leg.
 *
 * A report leaves REPORT_US after data came, by the best leg, with the counts of all legs; it is what the far
 * end steers by. An order leaves the home when steering has changed its mind, and every ORDER_US besides
 * while there is traffic, for a frame may be lost.
 */
import type { ControlLead, WireOrder } from '../wire/control.ts'
import {
  CONTROL_LEAD_BYTES,
  COUNTS_BYTES,
  ControlKind,
  noCounts,
  ORDER_BYTES,
  readCounts,
  readOrder,
  writeCounts,
  writeOrder,
} from '../wire/control.ts'
import { since32 } from '../wire/tunnel.ts'
import type { LegBatch } from './batch.ts'
import { ASIDE, type Frames, SCRATCH } from './frames.ts'
import type { TunnelLeg } from './leg.ts'

/** What steering wants of a leg in one direction. */
export interface LegOrder {
  /** RFC 9897: 0 never, 1 standby, 2 overflow only, 3 to 15 primary. 0 also for a leg that is dead. */
  readonly priority: number
  /** It carries only while the others are dead, whatever a flow wants: the month's budget is spent. */
  readonly spared: boolean
  /** What the line is known to carry, bytes a millisecond; undefined: the session finds out. */
  readonly capacity: number | undefined
  /** Of it, what passes beside the tunnel (TCP), bytes a millisecond. */
  readonly beside: number
}

export class Reports {
  readonly #frames: Frames
  readonly #lead: ControlLead = { sentUs: 0, kind: ControlKind.report, count: 0, bytes: 0 }
  readonly #counts = noCounts(0)
  readonly #order: WireOrder = { leg: 0, priority: 0, spared: false, kbps: 0, besideKbps: 0 }
  #reportUs = 0
  #orderedUs = -Infinity
  #wishesAreNew = false
  #heardOrderUs: number | undefined

  constructor(frames: Frames) {
    this.#frames = frames
  }

  /** Say what came, if something did; when to come again. */
  report(
    legs: readonly TunnelLeg[],
    best: TunnelLeg | undefined,
    nowUs: number,
    batch: LegBatch,
  ): number {
    let due = false
    for (const leg of legs) due ||= leg.reportDue
    if (!due) return Infinity
    if (nowUs < this.#reportUs) return this.#reportUs
    if (best?.far === undefined) return nowUs + REPORT_US
    let count = 0
    for (const leg of legs) {
      if (leg.counts.received === 0) continue
      writeCounts(SCRATCH.bytes, 0, count, leg.counts)
      count += 1
    }
    if (!this.#write(ControlKind.report, count, COUNTS_BYTES, best, best.far, nowUs, batch)) {
      return nowUs
    }
    for (const leg of legs) leg.forgetInterval()
    this.#reportUs = nowUs + REPORT_US
    return Infinity
  }

  /** `at` is the control lead. */
  hearReport(
    legOf: (number: number) => TunnelLeg | undefined,
    memory: Uint8Array,
    at: number,
    lead: Readonly<ControlLead>,
    nowUs: number,
  ): void {
    for (let i = 0; i < lead.count; i++) {
      readCounts(memory, at, i, this.#counts)
      const leg = legOf(this.#counts.leg)
      if (leg === undefined) continue
      leg.confirm(this.#counts.latestUs, nowUs)
      leg.observeReport(this.#counts, lead.sentUs, nowUs)
    }
  }

  /** The home's wishes have changed, or the far end is a new one. */
  orderSoon(): void {
    this.#wishesAreNew = true
  }

  /** Tell the concentrator how it may use the legs; when to come again. */
  order(
    legs: readonly TunnelLeg[],
    wishes: ReadonlyMap<number, LegOrder>,
    best: TunnelLeg | undefined,
    busy: boolean,
    nowUs: number,
    batch: LegBatch,
  ): number {
    const dueUs = busy ? this.#orderedUs + ORDER_US : Infinity
    if (!this.#wishesAreNew && nowUs < dueUs) return dueUs
    if (best?.far === undefined) return nowUs + ORDER_US
    let count = 0
    for (const { number } of legs) {
      const wish = wishes.get(number)
      if (wish === undefined) continue
      this.#order.leg = number
      this.#order.priority = wish.priority
      this.#order.spared = wish.spared
      this.#order.kbps = wish.capacity === undefined ? 0 : Math.ceil(wish.capacity * KBPS)
      this.#order.besideKbps = Math.floor(wish.beside * KBPS)
      writeOrder(SCRATCH.bytes, 0, count, this.#order)
      count += 1
    }
    if (!this.#write(ControlKind.order, count, ORDER_BYTES, best, best.far, nowUs, batch)) {
      return nowUs
    }
    this.#orderedUs = nowUs
    this.#wishesAreNew = false
    return busy ? nowUs + ORDER_US : Infinity
  }

  /** The concentrator obeys: the order that was sent last, whatever way it came. */
  hearOrder(
    legOf: (number: number) => TunnelLeg | undefined,
    memory: Uint8Array,
    at: number,
    lead: Readonly<ControlLead>,
  ): void {
    if (this.#heardOrderUs !== undefined && since32(lead.sentUs, this.#heardOrderUs) < 0) return
    this.#heardOrderUs = lead.sentUs
    for (let i = 0; i < lead.count; i++) {
      readOrder(memory, at, i, this.#order)
      const { leg: number, priority, spared, kbps, besideKbps } = this.#order
      const leg = legOf(number)
      if (leg === undefined) continue
      leg.priority = priority
      leg.spared = spared
      leg.rate.bound(kbps === 0 ? undefined : kbps / KBPS, besideKbps / KBPS)
    }
  }

  /** The far end has started anew. */
  forgetFar(): void {
    this.#heardOrderUs = undefined
    this.#wishesAreNew = true
  }

  #write(
    kind: ControlKind,
    count: number,
    recordBytes: number,
    leg: TunnelLeg,
    to: Uint8Array,
    nowUs: number,
    batch: LegBatch,
  ): boolean {
    this.#lead.kind = kind
    this.#lead.count = count
    const bytes = CONTROL_LEAD_BYTES + count * recordBytes
    return this.#frames.writeControl(this.#lead, leg, to, bytes, ASIDE, nowUs, batch)
  }
}

/** Bytes a millisecond to kbit/s. */
const KBPS = 8
/** A leg that died is known by its silence: what is sent beyond it is lost. 50 a second cost 7 KB/s. */
const REPORT_US = 20_000
const ORDER_US = 1_000_000
