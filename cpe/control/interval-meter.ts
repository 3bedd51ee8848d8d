/**
 * Puts together what the home has seen of an interval, from looks once a second: sums become rates, states become
 * shares of the time.
 */
import { DIRECTIONS } from '../../shared/core/dsl-queue.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type {
  ByDirection,
  HomeInterval,
  LegInterval,
  LteLeave,
} from '../../shared/core/verdict-facts.ts'
import type { HouseCounter } from '../data/room.ts'
import type { SocketsUse } from './line-sockets.ts'
import { MostCarried } from './most-carried.ts'

/** What one look sees. */
export interface HomeLook {
  readonly counters: Readonly<Record<LegName, LegCounters | undefined>>
  /** The leg may carry something. */
  readonly up: Readonly<Record<LegName, boolean>>
  /** LTE helps. */
  readonly helps: ByDirection<boolean>
  /** LTE is wanted, and kept out because it has slowed the home down. */
  readonly keptOut: ByDirection<boolean>
  /** The concentrator answers. */
  readonly bonded: boolean
  /** A speed test fills the lines. */
  readonly testing: boolean
}

/** What is asked once, when the interval is over. */
export interface IntervalEnd {
  readonly sockets: SocketsUse
  readonly processorShare: number | undefined
  readonly lte: LteLeave
  readonly dslCapacity: ByDirection<number | undefined>
  readonly lteCap: ByDirection<number | undefined>
  /** By leg: the least round trip of late, and what stood above it at the last probe, if that was just now. */
  readonly floorMs: Readonly<Record<LegName, number | undefined>>
  readonly probedQueueMs: Readonly<Record<LegName, number | undefined>>
  readonly house: (name: HouseCounter) => number
}

type Counted =
  | 'upHeldMs'
  | 'upServedMs'
  | 'upWindowMs'
  | 'lanHeldMs'
  | 'uplinksOpened'
  | 'uplinksFailed'

export class IntervalMeter {
  readonly #last: Record<LegName, LegCounters | undefined> = { dsl: undefined, lte: undefined }
  readonly #most = { dsl: new MostCarried(), lte: new MostCarried() }
  readonly #counted = new Map<Counted, number>()
  #sums = newSums()
  #beganMs: number | undefined

  look(seen: HomeLook, nowMs: number): void {
    this.#beganMs ??= nowMs
    const sums = this.#sums
    sums.looks += 1
    for (const leg of LEGS) {
      this.#count(leg, seen.counters[leg])
      this.#most[leg].look(seen.counters[leg], nowMs)
      if (seen.up[leg]) sums.up[leg] += 1
    }
    for (const direction of DIRECTIONS) {
      if (seen.helps[direction]) sums.helped[direction] += 1
      if (seen.keptOut[direction]) sums.keptOut[direction] += 1
    }
    if (seen.bonded) sums.bonded += 1
    if (seen.testing) sums.tested += 1
  }

  /** How long the interval is that runs now. */
  runsMs(nowMs: number): number {
    return nowMs - (this.#beganMs ?? nowMs)
  }

  /** undefined while nothing was looked at. */
  close(end: IntervalEnd, nowMs: number): HomeInterval | undefined {
    const ms = this.runsMs(nowMs)
    const { looks, up, helped, keptOut, bonded, tested } = this.#sums
    if (looks === 0 || ms <= 0) return undefined
    const leg = (name: LegName) => this.#leg(name, end, ms, up[name] / looks, nowMs)
    const since = (name: Counted) => {
      const before = this.#counted.get(name) ?? 0
      const now = end.house(name)
      this.#counted.set(name, now)
      return Math.max(0, now - before)
    }
    // Each of several threads may have seen the same time.
    const waited = (name: Counted) => Math.min(1, since(name) / ms)
    const [opened, failed] = [since('uplinksOpened'), since('uplinksFailed')]
    // Its machine may answer probes, or nobody has asked it, and yet nothing serves there. Who fails has tried each leg
    // that there was; where one connection stood, it serves.
    const tried = Math.max(1, (up.dsl + up.lte) / looks)
    const serves = failed === 0 || failed * tried < opened
    const interval: HomeInterval = {
      legs: { dsl: leg('dsl'), lte: leg('lte') },
      lte: end.lte,
      helpShare: { down: helped.down / looks, up: helped.up / looks },
      keptOutShare: { down: keptOut.down / looks, up: keptOut.up / looks },
      bondedShare: serves ? bonded / looks : 0,
      plainShare: end.sockets.plainShare,
      processorShare: end.processorShare,
      up: {
        heldShare: waited('upHeldMs'),
        servedShare: waited('upServedMs'),
        windowShare: waited('upWindowMs'),
      },
      lanHeldShare: waited('lanHeldMs'),
      ...(tested > 0 && { testedShare: tested / looks }),
    }
    this.#sums = newSums()
    this.#beganMs = nowMs
    return interval
  }

  #leg(
    name: LegName,
    { sockets, dslCapacity, lteCap, floorMs, probedQueueMs }: IntervalEnd,
    ms: number,
    upShare: number,
    nowMs: number,
  ): LegInterval {
    const { down, up } = this.#sums.bytes[name]
    const known = name === 'dsl' ? dslCapacity : UNKNOWN
    const most = this.#most[name].at(nowMs)
    const { rttMs, lostShare } = sockets.legs[name]
    const floor = floorMs[name]
    const standing = rttMs === undefined || floor === undefined ? undefined : rttMs - floor
    const queueMs = standing ?? probedQueueMs[name]
    return {
      upShare,
      carried: { down: down / ms, up: up / ms },
      capacity: { down: known.down ?? most.down, up: known.up ?? most.up },
      cap: name === 'dsl' ? UNKNOWN : lteCap,
      queueMs: queueMs === undefined ? undefined : Math.max(0, queueMs),
      lostShare,
    }
  }

  #count(leg: LegName, now: LegCounters | undefined): void {
    const last = this.#last[leg]
    this.#last[leg] = now
    if (now === undefined || last === undefined) return
    // Counters that went back are another interface's.
    this.#sums.bytes[leg].down += Math.max(0, now.rxBytes - last.rxBytes)
    this.#sums.bytes[leg].up += Math.max(0, now.txBytes - last.txBytes)
  }
}

function newSums() {
  return {
    looks: 0,
    bytes: { dsl: { down: 0, up: 0 }, lte: { down: 0, up: 0 } },
    up: { dsl: 0, lte: 0 },
    helped: { down: 0, up: 0 },
    keptOut: { down: 0, up: 0 },
    bonded: 0,
    tested: 0,
  }
}

const UNKNOWN = { down: undefined, up: undefined }
