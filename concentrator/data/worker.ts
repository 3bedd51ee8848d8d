/**
 * A data thread of the concentrator: homes come in at the door (④), go out to their servers (⑤), and
 * are relayed (⑥). Subscribers are numbers here; names, files and people are the main thread's.
 */
import { parentPort, workerData } from 'node:worker_threads'
import { Deadline } from '../../shared/core/timer-wheel.ts'
import { openListener, takeFastOpen } from '../../shared/linux/sockets.ts'
import { hearBell, lettersAt } from '../../shared/relay/bell.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { openDoor } from '../../shared/relay/door.ts'
import { type Flow, SCRATCH_BYTES } from '../../shared/relay/flow.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { threadStartMs } from '../../shared/relay/shared-clock.ts'
import type { WorkerBirth } from '../../shared/relay/workers.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { decodeSockaddr } from '../../shared/wire/sockaddr.ts'
import { CappedLegs } from '../subscribers/capped-legs.ts'
import { CookieMint } from '../subscribers/cookie-mint.ts'
import { Identities } from '../subscribers/identities.ts'
import { Roll, type RollChange } from '../subscribers/roll.ts'
import { Sources } from '../subscribers/sources.ts'
import { StreetWaits, WaitsLook } from '../subscribers/street-waits.ts'
import { Tallies } from '../subscribers/tallies.ts'
import { TieTable } from '../subscribers/tie-table.ts'
import { UnsentLegs } from '../subscribers/unsent-legs.ts'
import { whoseAddress } from '../subscribers/whose-address.ts'
import { admit } from './admit.ts'
import { EgressPorts } from './egress-ports.ts'
import { FairTurns } from './fair-turns.ts'
import { FlowLifetimes } from './flow-lifetimes.ts'
import { Handshakes } from './handshakes.ts'
import { OwnAddresses } from './own-addresses.ts'
import { Reports } from './reports.ts'
import { changeRoll } from './roll-change.ts'
import {
  COUNT,
  STREET_COUNTERS,
  type StreetMemory,
  type StreetNews,
  type StreetRoom,
  type StreetSettings,
} from './room.ts'
import { Silent } from './silent.ts'
import { Translations } from './translations.ts'

const birth = workerData as WorkerBirth<StreetSettings & StreetMemory>
const { settings, index } = birth
const port = parentPort
if (port === null) throw new Error('Cannot run on its own: a data thread of concentrator/main.ts')

const draining = new Int32Array(settings.draining)
const tell = (news: StreetNews) => port.postMessage(news)
using loop = new Loop()
const count = new Counters(STREET_COUNTERS, settings.workers, settings.counters).row(index)
using own = new OwnAddresses(loop, [...settings.listen, ...settings.egress.addresses])
const startMs = threadStartMs()
const sharedMs = () => loop.nowMs + startMs
const roll = new Roll(settings.subscribers)
const whose = whoseAddress(roll, new TieTable(settings.ties), () => Math.floor(sharedMs() / 1_000))
const room: StreetRoom = {
  settings,
  loop,
  scratch: new Uint8Array(SCRATCH_BYTES),
  sendQueues: new SendQueues(loop),
  speedTests: new Set(),
  lifetimes: new FlowLifetimes(loop, settings.flowIdleMs, () => count[COUNT.flowsIdle]!++),
  egressPorts: new EgressPorts(settings.egress.portsTaken, settings.egress.portsMax),
  heldBytes: 0,
  count,
  flows: new Map<Flow, number>(),
  closedBytes: { up: 0, down: 0 },
  roll,
  mint: new CookieMint(settings.mint),
  configuredOwnerOf: whose.configured,
  ownerOf: whose.known,
  isOwn: (address) => own.has(address),
  cappedLegs: new CappedLegs(settings.cappedLegs),
  unsentLegs: new UnsentLegs(settings.unsentLegs),
  tallies: new Tallies(settings.subscriberTallies),
  sources: new Sources(settings.sources),
  identities: new Identities(settings.identities),
  handshakes: new Handshakes(loop),
  turns: new FairTurns(loop),
  silent: new Silent(),
  warm: new Set<() => void>(),
  isDraining: () => Atomics.load(draining, 0) === 1,
  sharedMs,
  unixS: () => Math.floor(Date.now() / 1_000),
  reports: new Reports(tell),
  translations:
    settings.translations === 'none'
      ? undefined
      : new Translations({
          loop,
          destinations: settings.translations === 'destinations',
          tell,
          unixMs: Date.now,
        }),
}

hearBell(loop, birth.bell, birth.orders, () => {
  for (const change of lettersAt<RollChange>(port)) changeRoll(room, change)
  if (!room.isDraining()) return
  for (const end of room.warm) end()
})
const { congestion } = settings
const access = { multipath: true, transparent: false, reusePort: true, congestion } as const
let fastOpen = true
for (const address of settings.listen) {
  const fd = openListener({ address, ...access }, nameOf(address))
  if (takeFastOpen(fd) < 0) fastOpen = false
  openDoor(loop, fd, (accepted) => admit(room, accepted))
}
/** How old a published figure may be. */
const PUBLISH_MS = 500
const waits = new WaitsLook(new StreetWaits(settings.waits), (half) => room.sendQueues.left(half))
let lookedMs = loop.nowMs
const publish = new Deadline(() => {
  publishFlows(room)
  waits.look(room.flows, loop.nowMs - lookedMs)
  lookedMs = loop.nowMs
  loop.arm(publish, PUBLISH_MS)
})
loop.arm(publish, PUBLISH_MS)
tell({ event: 'serving', fastOpen })
loop.run()
// A transfer that is cut short must not look like one that has ended.
for (const flow of room.flows.keys()) flow.reset()
room.translations?.flush()

function publishFlows({ flows, count, closedBytes }: StreetRoom): void {
  let { up, down } = closedBytes
  for (const flow of flows.keys()) {
    up += flow.a2b.bytes
    down += flow.b2a.bytes
  }
  count[COUNT.upBytes] = up
  count[COUNT.downBytes] = down
  count[COUNT.descriptors] = loop.descriptors
}

function nameOf(sockaddr: Uint8Array): string {
  const name = decodeSockaddr(sockaddr)
  return name === undefined ? 'an address' : `[${formatAddress(name.address)}]:${name.port}`
}
