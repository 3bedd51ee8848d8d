/**
 * A data thread of the concentrator: homes come in at the door (④), go out to their servers (⑤), and
 * are relayed (⑥). Subscribers are numbers here; names, files and people are the main thread's.
 */
import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { openListener } from '../../shared/linux/sockets.ts'
import { hearBell } from '../../shared/relay/bell.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { openDoor } from '../../shared/relay/door.ts'
import { type Flow, SCRATCH_BYTES } from '../../shared/relay/flow.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import type { WorkerBirth } from '../../shared/relay/workers.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import { admit } from './admit.ts'
import { EgressPorts } from './egress-ports.ts'
import { FlowLifetimes } from './flow-lifetimes.ts'
import {
  COUNT,
  STREET_COUNTERS,
  type StreetMemory,
  type StreetNews,
  type StreetRoom,
  type StreetSettings,
} from './room.ts'

const birth = workerData as WorkerBirth<StreetSettings & StreetMemory>
const { settings, index } = birth
const port = parentPort
if (port === null) throw new Error('Cannot run on its own: a data thread of concentrator/main.ts')

// By hash, so that how long the search takes says nothing about the cookie.
const subscribers = new Map(settings.cookies.map((cookie, number) => [hashOf(cookie), number]))
using loop = new Loop()
const count = new Counters(STREET_COUNTERS, settings.workers, settings.counters).row(index)
const room: StreetRoom = {
  settings,
  loop,
  scratch: new Uint8Array(SCRATCH_BYTES),
  sendQueues: new SendQueues(loop),
  lifetimes: new FlowLifetimes(loop, settings.flowIdleMs, () => count[COUNT.flowsIdle]!++),
  egressPorts: new EgressPorts(settings.egress.portsTaken, settings.egress.portsMax),
  heldBytes: 0,
  count,
  flows: new Set<Flow>(),
  closedBytes: { up: 0, down: 0 },
  subscriberOf: (cookie) => subscribers.get(hashOf(cookie)),
  pooled: new Map<number, number>(),
  tell: (news: StreetNews) => port.postMessage(news),
}

hearBell(loop, birth.bell, birth.orders, () => undefined)
for (const address of settings.listen) {
  const fd = openListener(
    { address, multipath: true, transparent: false, reusePort: true },
    nameOf(address),
  )
  openDoor(loop, fd, (accepted) => admit(room, accepted))
}
/** How old a published figure may be. */
const PUBLISH_MS = 500
const publish = new Deadline(() => {
  publishFlows(room)
  loop.arm(publish, PUBLISH_MS)
})
loop.arm(publish, PUBLISH_MS)
room.tell({ event: 'serving' })
loop.run()
// A transfer that is cut short must not look like one that has ended.
for (const flow of room.flows) flow.reset()

function publishFlows({ flows, count, closedBytes }: StreetRoom): void {
  let { up, down } = closedBytes
  for (const flow of flows) {
    up += flow.a2b.bytes
    down += flow.b2a.bytes
  }
  count[COUNT.upBytes] = up
  count[COUNT.downBytes] = down
  count[COUNT.descriptors] = loop.descriptors
}

function hashOf(cookie: Uint8Array): string {
  return createHash('sha256').update(cookie).digest('base64')
}

function nameOf(sockaddr: Uint8Array): string {
  const name = decodeSockaddr(sockaddr)
  return name === undefined ? 'an address' : `[${formatAddress(name.address)}]:${name.port}`
}
