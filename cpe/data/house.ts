/**
 * The memory that the data threads share with the main thread, and what the main thread reads there.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { SERVICE_CLASSES } from '../../shared/core/service-class.ts'
import type { Transfers } from '../../shared/core/steered.ts'
import { ThreadWatch } from '../../shared/core/thread-watch.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { FlowState, FlowTable } from '../../shared/relay/flow-table.ts'
import type { Host } from '../../shared/relay/host.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import type { ClassesInUse } from '../steering/leg-qualities.ts'
import { HOUSE_COUNTERS, type HouseCounters, type HouseMemory } from './room.ts'

export interface House {
  readonly memory: HouseMemory
  readonly board: LegBoard
  readonly counters: HouseCounters
  /** Every MPTCP connection that a data thread has now. */
  flows(): Iterable<HouseFlow>
  /** The connection of that token shall be reset. */
  reset(token: number): void
  /** Which classes have connections that carry something now. */
  classesInUse(): ClassesInUse
  /** What the data threads see of the transfers that they carry. */
  transfers(): Transfers
  /** What pooled connections are for from now on. */
  adopt(policy: Pick<CpeConfig, 'classes'>): void
  /** Connections that the LAN has opened so far. */
  lanConnections(): number
  /**
   * False while some data thread has as many descriptors as it may, or has stopped turning: then the kernel
   * forwards.
   */
  roomForFlows(): boolean
}

export type HouseConfig = Pick<CpeConfig, 'classes' | 'pool' | 'workers'>

/** `sharedMs`: the clock that all threads share. `say` is told when a data thread stops turning, and when it goes on. */
export function openHouse(
  { workers, pool, ...config }: HouseConfig,
  host: Pick<Host, 'descriptorsPerWorker' | 'flowsMax'>,
  sharedMs: () => number,
  say: (stalled: boolean) => void,
): House {
  const board = LegBoard.create()
  const counters: HouseCounters = new Counters(HOUSE_COUNTERS, workers)
  const rows = Math.ceil(host.flowsMax / workers) + pool.sizeMax
  const tables = Array.from({ length: workers }, () => FlowTable.create(rows))
  const watch = new ThreadWatch()
  let stalled = false
  let { classes } = config
  const turning = (): boolean => {
    const before = stalled
    stalled = watch.stalled(counters.min('turnedMs'), sharedMs())
    if (stalled !== before) say(stalled)
    return !stalled
  }
  return {
    memory: {
      board: board.memory,
      counters: counters.memory,
      tables: tables.map(({ memory }) => memory),
      stop: new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT),
    },
    board,
    counters,
    *flows() {
      for (const table of tables) {
        for (const { token, state, upBytes, downBytes, ...row } of table.rows()) {
          const pooled = state === FlowState.pooled
          const bulk = state === FlowState.bulk
          const known = pooled ? classes.default : SERVICE_CLASSES[row.serviceClass]
          const serviceClass = known ?? classes.default
          yield { token, pooled, bulk, serviceClass, upBytes, downBytes }
        }
      }
    },
    reset(token) {
      for (const table of tables) table.orderReset(token)
    },
    classesInUse: () => ({
      interactive: sharedMs() - counters.max('interactiveMs') < IN_USE_MS,
      handover: sharedMs() - counters.max('handoverMs') < IN_USE_MS,
    }),
    adopt(policy) {
      classes = policy.classes
    },
    transfers: () => {
      // Of who stands still for a moment nobody knows what waits now.
      const fresh = sharedMs() - counters.min('turnedMs') <= FRESH_MS
      const looked = fresh && counters.read('gapFlows') > 0
      return {
        dslUnsentMs: counters.read('dslUnsentMs'),
        gapBytes: looked ? counters.read('gapBytes') : undefined,
      }
    },
    lanConnections: () => counters.read('flowsOpened') + counters.read('heldOpened'),
    roomForFlows: () => turning() && counters.max('descriptors') < host.descriptorsPerWorker,
  }
}

/** Data threads look ten times a second. */
const FRESH_MS = 250
/** Requests that follow each other within this time are one use. */
const IN_USE_MS = 5_000
