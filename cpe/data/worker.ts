/**
 * A data thread of the home: connections come in at the door (①), ask for their server (②), and are
 * relayed (③). Nothing here knows names, files or clocks on the wall.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { SERVICE_CLASSES } from '../../shared/core/service-class.ts'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { SyscallError } from '../../shared/linux/errors.ts'
import { PacketQueue } from '../../shared/linux/nfqueue.ts'
import { hearBell, lettersAt } from '../../shared/relay/bell.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { type Flow, SCRATCH_BYTES } from '../../shared/relay/flow.ts'
import { FlowState, FlowTable } from '../../shared/relay/flow-table.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { threadStartMs } from '../../shared/relay/shared-clock.ts'
import type { WorkerBirth } from '../../shared/relay/workers.ts'
import { Accepted } from './accepted.ts'
import { noteUse } from './class-use.ts'
import { Classifier } from './classifier.ts'
import { Concentrator } from './concentrator.ts'
import { HOLD_LIMITS, Hold } from './hold.ts'
import { HostPace } from './host-pace.ts'
import { intercept } from './intercept.ts'
import { endOrphans } from './orphans.ts'
import { Pool } from './pool.ts'
import { Reclassifier } from './reclassify.ts'
import {
  COUNT,
  HOUSE_COUNTERS,
  type HouseLetter,
  type HouseMemory,
  type HouseNews,
  type HouseRoom,
  type HouseSettings,
  type IssuedCookie,
} from './room.ts'
import { SignsOfLife } from './signs-of-life.ts'
import { Stranded } from './stranded.ts'
import type { Uplink } from './uplink.ts'
import { noteGaps, noteWaits } from './waits.ts'
import { findWay } from './way-out.ts'

const birth = workerData as WorkerBirth<HouseSettings & HouseMemory>
const { settings, index } = birth
const port = parentPort
if (port === null) throw new Error('Cannot run on its own: this is a data thread of cpe/main.ts')

using loop = new Loop()
const room: HouseRoom = {
  settings,
  classifier: new Classifier(settings.classes, settings.lan),
  loop,
  scratch: new Uint8Array(SCRATCH_BYTES),
  sendQueues: new SendQueues(loop),
  heldBytes: 0,
  board: new LegBoard(settings.board),
  table: new FlowTable(settings.tables[index]!),
  count: new Counters(HOUSE_COUNTERS, settings.tables.length, settings.counters).row(index),
  stopUntilMs: new Float64Array(settings.stop),
  originMs: threadStartMs(),
  flows: new Map<Flow, Uplink | undefined>(),
  farewellMs: -Infinity,
  closedBytes: { up: 0, down: 0 },
  tell: (news: HouseNews) => port.postMessage(news),
}
const pool = new Pool(room, new Concentrator(room))
const stranded = new Stranded(room)
const signsOfLife = new SignsOfLife(room, () => pool.uplinks())
const reclassifier = new Reclassifier(room)
const pace = new HostPace(room, settings.tables.length)
/** How old a published figure may be, and how late a download is known for one. */
const PUBLISH_MS = 100
const PUBLISH_IDLE_MS = 1_000
/** What a connection carries before the second leg helps: a page's pieces stay on the first. */
const BULK_BYTES = 65_536
const publish = new Deadline(() => {
  endOrphans(room)
  obeyOrders(room)
  publishFlows(room)
  loop.arm(publish, room.count[COUNT.flowsOpen]! > 0 ? PUBLISH_MS : PUBLISH_IDLE_MS)
})

hearBell(loop, birth.bell, birth.orders, () => {
  for (const letter of lettersAt<HouseLetter | IssuedCookie>(port)) {
    if ('cookie' in letter) {
      pool.concentrator.jar.issue(letter.cookie, letter, loop.nowMs)
      continue
    }
    room.classifier.adopt(letter.classes)
    reclassifier.begin(letter.flows)
  }
  stranded.end()
  signsOfLife.look()
  pool.legsChanged()
})
intercept(room, settings.capturePort + index, (lan) => {
  // The first after a rest: steering must know of a download before its second is over.
  if (room.count[COUNT.flowsOpen] === 1) loop.arm(publish, PUBLISH_MS)
  if (hold?.claim(lan) === true) return
  const accepted = new Accepted(room, lan)
  // Whose SYN was not held was not paced: this kernel cannot hold any, or its queue was full.
  const paces = pool.concentrator.open && hold?.wasPaced() !== true
  const judged = room.classifier.judge(accepted.traffic)
  if (paces && !pace.begins(accepted.traffic, judged)) accepted.direct()
  else findWay(room, pool, accepted, judged)
})
const hold = openHold()
loop.arm(publish, PUBLISH_MS)
room.tell({ event: 'serving' })
loop.run()
// A transfer that is cut short must not look like one that has ended.
for (const flow of room.flows.keys()) flow.reset()

/** The SYNs of our share, where they can be held. */
function openHold(): Hold | undefined {
  if (!settings.truthful) return undefined
  try {
    const queue = new PacketQueue(settings.capturePort + index, HOLD_LIMITS)
    return new Hold(room, pool, queue, pace, settings.tables.length)
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error
    room.tell({ event: 'eager', why: error.message })
    return undefined
  }
}

/** Steering may want a connection to begin anew. */
function obeyOrders({ flows, table }: HouseRoom): void {
  for (const [flow, uplink] of flows) {
    if (uplink !== undefined && uplink.row >= 0 && table.isOrderedReset(uplink.row)) flow.reset()
  }
}

/**
 * Bytes of open flows, for whoever looks: in the flow table one by one, in the counters together. And that
 * this thread still turns.
 */
function publishFlows(room: HouseRoom): void {
  const { flows, table, count, loop, originMs, closedBytes } = room
  noteWaits(room, originMs + loop.nowMs)
  noteGaps(room)
  let up = closedBytes.up
  let down = closedBytes.down
  for (const [flow, uplink] of flows) {
    up += flow.a2b.bytes
    down += flow.b2a.bytes
    if (uplink === undefined || uplink.row < 0) continue
    if (table.bytesOf(uplink.row) !== flow.a2b.bytes + flow.b2a.bytes) {
      noteUse(count, SERVICE_CLASSES[table.classOf(uplink.row)], originMs + loop.nowMs)
    }
    table.setBytes(uplink.row, flow.a2b.bytes, flow.b2a.bytes)
    if (flow.a2b.bytes + flow.b2a.bytes >= BULK_BYTES) table.setState(uplink.row, FlowState.bulk)
  }
  count[COUNT.upBytes] = up
  count[COUNT.downBytes] = down
  count[COUNT.descriptors] = loop.descriptors
  count[COUNT.turnedMs] = originMs + loop.nowMs
}
