/**
 * A data thread's room without the thread: for tests that drive its loop themselves.
 */
import { FlowTable } from '../../shared/relay/flow-table.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { threadStartMs } from '../../shared/relay/shared-clock.ts'
import { Classifier } from './classifier.ts'
import { HOUSE_COUNTERS, type HouseNews, type HouseRoom, type HouseSettings } from './room.ts'

/** On a board that says the concentrator is reachable; no leg is up yet. */
export function paintedRoom(
  settings: Partial<HouseSettings>,
  tell: (news: HouseNews) => void = () => undefined,
  rows = 8,
): HouseRoom {
  const loop = new Loop()
  const board = LegBoard.create()
  board.writeHouse(true, true)
  return {
    settings: { ...SETTINGS, ...settings },
    loop,
    scratch: new Uint8Array(262_144),
    sendQueues: new SendQueues(loop),
    heldBytes: 0,
    classifier: new Classifier(settings.classes ?? SETTINGS.classes, []),
    board,
    table: FlowTable.create(rows),
    count: new Float64Array(HOUSE_COUNTERS.length),
    stopUntilMs: new Float64Array(1),
    originMs: threadStartMs(),
    flows: new Map(),
    farewellMs: -Infinity,
    closedBytes: { up: 0, down: 0 },
    tell,
  }
}

const SETTINGS: HouseSettings = {
  concentrator: { addresses: [], port: 1 },
  cookie: new Uint8Array(8),
  lan: [],
  interfaces: { dsl: 'no-such-line', lte: 'nor-this' },
  capturePort: 1,
  tunnel: false,
  truthful: false,
  poolSizeMin: 0,
  poolSizeMax: 0,
  poolLifetimeMs: 1_000,
  connectMs: 1_000,
  classes: { default: 'overflow', rules: [] },
  congestion: undefined,
  lanCongestion: undefined,
  keepalive: { idleS: 1, intervalS: 1, probes: 1, lteIdleS: 1 },
  descriptorsMax: 100,
}
