/**
 * Why the bond is as fast as it is: of one interval, how much of what the legs and the policy would have allowed was
 * carried, and what it was limited by.
 *
 *    did anything wait to be carried? ── no ──▶ a long transfer that nothing held up: far-server; else demand
 *      │ yes
 *      ├─ the server takes no more: far-server           the concentrator does not answer: concentrator
 *      ├─ a leg had room: is a processor busy, was it plain TCP: cpe-processor, concentrator, stripped
 *      ├─ DSL down or full ─▶ why does LTE not do the rest? lte-budget, lte-cap, lossy-leg, cell, window
 *      │                      it does: dsl-sync
 *      └─ DSL had room ─────▶ lossy-leg, cell, window
 *
 * Each direction is judged by itself; the one that misses more is told. A leg that has a queue is full whatever it
 * carries; one that loses without a queue is lossy; where neither is so and yet bytes wait, order or windows hold.
 */
import { DIRECTIONS, type Direction, opposite } from './dsl-queue.ts'
import type { HomeInterval, LegInterval, StreetInterval, Waiting } from './verdict-facts.ts'

/** What can limit a home, each with the ways in which it may. */
export const CAUSES = {
  demand: ['idle', 'met', 'device', 'tested'],
  'dsl-sync': ['full', 'down'],
  'lte-cap': ['full'],
  'lte-budget': ['spent', 'throttled', 'roaming'],
  cell: ['congested'],
  'lossy-leg': ['dsl', 'lte'],
  window: ['room left'],
  stripped: ['plain TCP'],
  'cpe-processor': ['busy'],
  concentrator: ['busy', 'away'],
  'far-server': ['slow', 'takes no more'],
} as const

export type Cause = keyof typeof CAUSES
/** A cause and its way, as `dsl-sync/full`. */
export type Limit = { [C in Cause]: `${C}/${(typeof CAUSES)[C][number]}` }[Cause]

export interface Verdict {
  readonly limit: Limit
  /** Of the two directions, the one that this is about. */
  readonly direction: Direction
  /** Bytes a millisecond: by both lines; and what was allowed, undefined where no capacity is known. */
  readonly carried: number
  readonly allowed: number | undefined
  /** The first of these over the second, 1 at most; 1 where nothing waited, for then the home had all it asked for. */
  readonly efficiency: number | undefined
}

/** `street`: what the concentrator has told of the same interval; undefined where it has not. */
export function judge(home: HomeInterval, street: StreetInterval | undefined): Verdict {
  const [down, up] = DIRECTIONS.map((direction) => judgeWay(home, street, direction))
  if (down === undefined || up === undefined) throw new RangeError('Cannot judge no direction')
  return rank(up) > rank(down) ? up : down
}

export function causeOf(limit: Limit): Cause {
  return limit.slice(0, limit.indexOf('/')) as Cause
}

/** What misses more is told before what misses less; demand, which misses nothing, last. */
function rank({ limit, efficiency, carried }: Verdict): number {
  if (causeOf(limit) === 'demand') return carried / (carried + 1) - 2
  return -(efficiency ?? 1)
}

function judgeWay(
  home: HomeInterval,
  street: StreetInterval | undefined,
  direction: Direction,
): Verdict {
  const way = wayOf(home, street, direction)
  // What we do to the lines ourselves limits nobody, and of the rest nobody can tell how it would have fared.
  if ((home.testedShare ?? 0) > 0) {
    const { carried } = way
    return { limit: 'demand/tested', direction, carried, allowed: undefined, efficiency: undefined }
  }
  const isOffline = home.legs.dsl.upShare < UP && !way.lteUp
  // Then nobody else is to blame, and that little is carried is no sign of little demand.
  const limit = isOffline
    ? (limitOfLte(way) ?? 'dsl-sync/down')
    : way.wants
      ? limitOf(way)
      : easeOf(way)
  const satisfied = causeOf(limit) === 'demand'
  const allowed = satisfied && way.allowed !== undefined ? way.carried : way.allowed
  const efficiency = satisfied ? 1 : allowed && Math.min(1, way.carried / allowed)
  return { limit, direction, carried: way.carried, allowed, efficiency }
}

/** One direction of the interval, and what follows at once from its facts. */
interface Way {
  readonly home: HomeInterval
  readonly street: StreetInterval | undefined
  readonly direction: Direction
  readonly carried: number
  readonly allowed: number | undefined
  /** How transfers fared in this direction; undefined where that end has not told. */
  readonly waiting: Waiting | undefined
  /** Something waited to be carried. */
  readonly wants: boolean
  /** A long transfer ran, and nothing of it waited. */
  readonly served: boolean
  /** The other end's window had no room for what waited. */
  readonly windowed: boolean
  readonly dslFull: boolean
  readonly lteFull: boolean
  readonly lteUp: boolean
}

function wayOf(home: HomeInterval, street: StreetInterval | undefined, direction: Direction): Way {
  const { dsl, lte } = home.legs
  const waiting = direction === 'up' ? home.up : street?.down
  const carried = dsl.carried[direction] + lte.carried[direction]
  const dslUp = dsl.upShare >= UP
  const lteUp = lte.upShare >= UP
  const dslMost = ceiling(dsl, direction)
  const lteMost = ceiling(lte, direction)
  // The most that was ever carried is DSL's capacity where nobody has said, and a window makes that small.
  const windowed = (waiting?.windowShare ?? 0) >= MOSTLY && !hasQueue(dsl)
  const dslFull = dslUp && !windowed && isFull(dsl, direction)
  const lteFull = lteUp && isFull(lte, direction)
  const lteMay = lteUp && (home.lte === 'allowed' || !dslUp)
  const known = !dslUp || dslMost !== undefined
  const allowed = (dslUp ? (dslMost ?? 0) : 0) + (lteMay ? (lteMost ?? lte.carried[direction]) : 0)
  const other = opposite(direction)
  const acknowledges = carried < ACKNOWLEDGING * (dsl.carried[other] + lte.carried[other])
  const alone = dslUp ? dslFull || home.helpShare[direction] >= MOSTLY : lteFull
  return {
    home,
    street,
    direction,
    carried,
    allowed: known && allowed > 0 ? Math.max(allowed, carried) : undefined,
    waiting,
    // What is not bonded waits where nobody sees it; but acknowledgements are no transfer, and their rate never "full".
    wants:
      waiting === undefined
        ? alone
        : waiting.heldShare >= MOSTLY || (dslFull && hasQueue(dsl) && !acknowledges),
    served: (waiting?.servedShare ?? 0) + (waiting?.heldShare ?? 0) >= ALWAYS,
    windowed,
    dslFull,
    lteFull,
    lteUp,
  }
}

/** Nothing waited: the lines are not what limits. */
function easeOf(way: Way): Limit {
  const { home, direction, carried } = way
  if (way.served) {
    const busy = busyOf(way, BUSY)
    if (busy !== undefined) return busy
    // What a host sends no faster is its own affair, or its Wi-Fi's.
    if (direction === 'down' && home.lanHeldShare < MOSTLY) return 'far-server/slow'
  }
  if (direction === 'down' && home.lanHeldShare >= MOSTLY) return 'demand/device'
  return carried < IDLE_BYTES_PER_MS ? 'demand/idle' : 'demand/met'
}

/** Something waited. */
function limitOf(way: Way): Limit {
  const { home, street, direction } = way
  if (direction === 'up' && (street?.serverHeldShare ?? 0) >= MOSTLY) {
    return 'far-server/takes no more'
  }
  if (direction === 'down' && home.lanHeldShare >= MOSTLY && !way.dslFull) return 'demand/device'
  if (home.bondedShare < MOSTLY) return 'concentrator/away'
  const room = !way.dslFull || (way.lteUp && home.lte === 'allowed' && !way.lteFull)
  const busy = room ? busyOf(way, BUSY) : undefined
  if (busy !== undefined) return busy
  if (room && (home.plainShare ?? 0) >= MOSTLY) return 'stripped/plain TCP'
  const { dsl } = home.legs
  if (dsl.upShare < UP) return limitOfLte(way) ?? 'dsl-sync/down'
  if (way.dslFull) return besideFullDsl(way, limitOfLte(way))
  if (isLossy(dsl, direction)) return 'lossy-leg/dsl'
  const held = limitOfLte(way)
  if (held === 'lossy-leg/lte' || held === 'cell/congested') return held
  // Where nothing else tells why bytes wait, a processor that was wanted for most of the time does.
  return (way.windowed ? undefined : busyOf(way, WANTED)) ?? 'window/room left'
}

/** DSL is full; `held`: why LTE gives less than it has shown. */
function besideFullDsl(way: Way, held: Limit | undefined): Limit {
  if (held !== 'window/room left') return held ?? 'dsl-sync/full'
  if (way.waiting?.windowShare === undefined) return held
  // No window holds it, and nothing got lost: a cell that gives less, where bbr keeps no queue in front of it.
  return busyOf(way, WANTED) ?? 'cell/congested'
}

/** Why LTE did not do the rest; undefined: it did what it can, or there is none. */
function limitOfLte({ home, direction, lteUp, lteFull }: Way): Limit | undefined {
  const { dsl, lte } = home.legs
  const capped = lte.cap[direction]
  const carried = lte.carried[direction]
  if (home.lte === 'roaming') return 'lte-budget/roaming'
  if (home.lte === 'throttled') return 'lte-budget/throttled'
  if (home.lte === 'spent' && (dsl.upShare >= UP || !lteUp)) return 'lte-budget/spent'
  if (!lteUp) return undefined
  const helps = home.helpShare[direction] >= MOSTLY || dsl.upShare < UP
  // At its cap for as long as it helped.
  const helpShare = helps && dsl.upShare >= UP ? home.helpShare[direction] : 1
  if (capped !== undefined && carried >= FULL * capped * helpShare) return 'lte-cap/full'
  // A line that slows the other down has become slow itself: if it were full or lossy, somebody would have seen it.
  if (!helps) return isKeptOut(home, direction) ? 'cell/congested' : undefined
  const most = ceiling(lte, direction)
  const short = most !== undefined && carried < USUAL * most
  if (short && (lte.queueMs ?? 0) >= CELL_QUEUE_MS) return 'cell/congested'
  if (lteFull) return undefined
  if (isLossy(lte, direction)) return 'lossy-leg/lte'
  return short ? 'window/room left' : undefined
}

/** LTE was wanted, and kept from helping for most of the interval because it had slowed the home down. */
export function isKeptOut({ keptOutShare }: HomeInterval, direction: Direction): boolean {
  return keptOutShare[direction] >= MOSTLY
}

function busyOf({ home, street }: Way, least: number): Limit | undefined {
  if ((home.processorShare ?? 0) >= least) return 'cpe-processor/busy'
  return (street?.processorShare ?? 0) >= least ? 'concentrator/busy' : undefined
}

function ceiling({ capacity, cap }: LegInterval, direction: Direction): number | undefined {
  const known = capacity[direction]
  const most = cap[direction]
  if (known === undefined || most === undefined) return known ?? most
  return Math.min(known, most)
}

function isFull(leg: LegInterval, direction: Direction): boolean {
  const most = ceiling(leg, direction)
  return most !== undefined && leg.carried[direction] >= FULL * most
}

/** What is lost at the end of a queue is congestion. */
function isLossy(leg: LegInterval, direction: Direction): boolean {
  return (leg.lostShare[direction] ?? 0) >= LOSSY && !hasQueue(leg)
}

function hasQueue({ queueMs }: LegInterval): boolean {
  return (queueMs ?? 0) >= QUEUE_MS
}

/** A leg that carried at least this share of what it can was full; of an average over an interval with its pauses. */
const FULL = 0.86
/** LTE that gives less than this share of what it gave within a day, with a queue in front, is in a crowded cell. */
const USUAL = 0.75
const MOSTLY = 0.5
const ALWAYS = 0.75
const UP = 0.5
/** Of a thread or of a processor. */
const BUSY = 0.9
/** The same, where nothing else tells why bytes wait. */
const WANTED = 0.75
/** bbr drops nothing at this rate and loses nothing by it; cubic has lost half its rate long before. */
const LOSSY = 0.004
/** Above what bbr keeps in the queue of a line. */
const QUEUE_MS = 45
/** bbr keeps no longer one in front of a narrow cell; without any, it is not the cell that holds. */
const CELL_QUEUE_MS = 18
/** Of what comes in the other direction; what acknowledges it is some 2 to 4 %. */
const ACKNOWLEDGING = 0.05
/** 64 kbit/s. */
const IDLE_BYTES_PER_MS = 8
