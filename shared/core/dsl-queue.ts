/**
 * The queue that stands on DSL, and whose it is: a round trip has one in each direction and does not say which.
 *
 * So it is that of the directions that carry much of what they can; when none does, that of the one that
 * carries most of it.
 */
import { BUSY_BYTES_PER_MS } from './leg-traffic.ts'
import { ANSWERS_MAX, QueueDelay } from './queue-delay.ts'

export type Direction = 'down' | 'up'

export const DIRECTIONS: readonly Direction[] = ['down', 'up']

/** The other one. */
export function opposite(direction: Direction): Direction {
  return direction === 'up' ? 'down' : 'up'
}

/** What DSL carries in a direction, and can carry where that is known. Bytes a millisecond. */
export interface CarriedLoad {
  readonly bytesPerMs: number
  readonly capacity: number | undefined
}

export type CarriedLoads = Readonly<Record<Direction, CarriedLoad>>

export class DslQueue {
  readonly #delay = new QueueDelay()
  readonly #shaped: Record<Direction, boolean>

  /** `shapedUp`: bulk waits with us, where probes pass it: they find no queue in front of a full line. */
  constructor(shapedUp: boolean) {
    this.#shaped = { down: false, up: shapedUp }
  }

  /** Where bulk waits with us or with the concentrator. */
  get shaped(): Readonly<Record<Direction, boolean>> {
    return this.#shaped
  }

  /** Whether that is so in this direction, as far as is known now. */
  shapes(direction: Direction, on: boolean): void {
    this.#shaped[direction] = on
  }

  /** The echo of a probe. True when it found the queue of a full line. */
  heard(rttMs: number, line: 'busy' | 'quiet', fullMs: number, nowMs: number): boolean {
    this.#delay.heard(rttMs, line, nowMs)
    return rttMs - this.#delay.floorMs >= fullMs
  }

  /** Another path. */
  forget(): void {
    this.#delay.forget()
  }

  /** What moderate traffic may queue: a share of the floor, and some packets on a slow uplink. */
  fullMs(upCapacity: number | undefined): number {
    const { floorMs } = this.#delay
    const packetsMs = upCapacity === undefined ? 0 : PACKETS_BYTES / upCapacity
    const share = Number.isFinite(floorMs) ? floorMs * QUEUE_SHARE : 0
    return Math.max(QUEUE_MS_MIN, share) + packetsMs
  }

  /** A short queue above a floor that may itself be one tells nothing. */
  standingMs(direction: Direction, fullMs: number, nowMs: number): number | undefined {
    const answers = direction === 'up' ? ANSWERS_MAX : undefined
    const standingMs = this.#delay.standingMs(nowMs, answers)
    if (standingMs === undefined || this.#delay.floorKnown) return standingMs
    return standingMs >= fullMs ? standingMs : undefined
  }

  /** The queue of a direction; undefined where probes do not tell. */
  of(direction: Direction, loads: CarriedLoads, fullMs: number, nowMs: number): number | undefined {
    const standingMs = this.standingMs(direction, fullMs, nowMs)
    if (standingMs === undefined) return undefined
    const queued = queuedIn(loads)
    if (!this.#shaped[direction]) return queued.has(direction) ? standingMs : 0
    // Only a line that carries less than it is shaped to has one; without it the load decides.
    const alone = queued.has(direction) && queued.size === 1
    return standingMs >= fullMs && alone ? standingMs : undefined
  }
}

function queuedIn(loads: CarriedLoads): ReadonlySet<Direction> {
  const shares = DIRECTIONS.map((direction) => ({ direction, share: shareOf(direction, loads) }))
  const most = Math.max(...shares.map(({ share }) => share))
  const threshold = Math.min(most, QUEUES_FROM)
  return new Set(
    shares.filter(({ share }) => share > 0 && share >= threshold).map(({ direction }) => direction),
  )
}

/** Whether so little, in bytes a millisecond, may be no more than the acknowledgements of the other direction. */
export function isAcknowledging(bytesPerMs: number, otherBytesPerMs: number): boolean {
  return bytesPerMs < otherBytesPerMs * ACKS_SHARE
}

/** 0 where so little moves that it may be the acknowledgements of the other direction. */
function shareOf(direction: Direction, loads: CarriedLoads): number {
  const { bytesPerMs, capacity } = loads[direction]
  const other = loads[opposite(direction)].bytesPerMs
  if (bytesPerMs < BUSY_BYTES_PER_MS || isAcknowledging(bytesPerMs, other)) return 0
  return bytesPerMs / (capacity ?? bytesPerMs)
}

/** From this share of its capacity on a direction may have a queue. */
const QUEUES_FROM = 0.7
/** Acknowledgements of a download are 1/40 of it, those of small segments some more. */
const ACKS_SHARE = 1 / 16
const QUEUE_MS_MIN = 8
const QUEUE_SHARE = 0.4
/** Two full packets that happen to leave together. */
const PACKETS_BYTES = 3_000
