/**
 * The memory that the data threads share with the main thread, and what the main thread reads there.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { SERVICE_CLASSES } from '../../shared/core/service-class.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { FlowState, FlowTable } from '../../shared/relay/flow-table.ts'
import type { Host } from '../../shared/relay/host.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import { HOUSE_COUNTERS, type HouseCounters, type HouseMemory } from './room.ts'

export interface House {
  readonly memory: HouseMemory
  readonly board: LegBoard
  readonly counters: HouseCounters
  /** Every MPTCP connection that a data thread has now. */
  flows(): Iterable<HouseFlow>
  /** Connections that the LAN has opened so far. */
  lanConnections(): number
  /** False while some data thread has as many descriptors as it may: then the kernel forwards. */
  roomForFlows(): boolean
}

export function openHouse({ workers, pool, classes }: CpeConfig, host: Host): House {
  const board = LegBoard.create()
  const counters: HouseCounters = new Counters(HOUSE_COUNTERS, workers)
  const rows = Math.ceil(host.flowsMax / workers) + pool.sizeMax
  const tables = Array.from({ length: workers }, () => FlowTable.create(rows))
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
    lanConnections: () => counters.read('flowsOpened') + counters.read('heldOpened'),
    roomForFlows: () => counters.max('descriptors') < host.descriptorsPerWorker,
  }
}
