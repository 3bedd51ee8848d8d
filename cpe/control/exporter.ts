/**
 * Says the home gateway's metrics: at each scrape what steering, the data threads and the tunnel know is read where they
 * keep it. Nothing is done for it between two scrapes.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { ERROR_COUNTERS, errorName } from '../../shared/core/error-counters.ts'
import { FLOW_LASTED } from '../../shared/core/flow-lasting.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { Verdict } from '../../shared/core/verdict.ts'
import { Exposition, type Say } from '../../shared/daemon/exposition.ts'
import { keepMetricsDoor } from '../../shared/daemon/metrics-door.ts'
import { ownMetrics, sayOwn } from '../../shared/daemon/own-metrics.ts'
import { readCounters } from '../../shared/linux/links.ts'
import { MPTCP_NOW, readMptcpCounters } from '../../shared/linux/mptcp-counters.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import type { Counters } from '../../shared/relay/counters.ts'
import type { Host } from '../../shared/relay/host.ts'
import type { LegBoard } from '../../shared/relay/leg-board.ts'
import { sharedNowMs } from '../../shared/relay/shared-clock.ts'
import type { House } from '../data/house.ts'
import type { HouseCounter, HouseCounters } from '../data/room.ts'
import type { TunnelCounter } from '../data/tunnel-board.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import type { RunningSteering } from '../steering/steering.ts'
import type { CpeLog } from './log.ts'
import { cpeMetrics as metrics } from './metrics.ts'

/** Where the numbers are. */
export interface MeasuredHome {
  readonly house: Pick<House, 'flows'> & {
    readonly board: Pick<LegBoard, 'leg' | 'reachable'>
    readonly counters: Pick<HouseCounters, 'max' | 'min' | 'read'>
  }
  readonly steering: Pick<RunningSteering, 'facts' | 'guard' | 'lte' | 'paths' | 'probes'> & {
    status(): Pick<
      ReturnType<RunningSteering['status']>,
      'active' | 'concentrator' | 'counts' | 'help'
    >
  }
  readonly tunnel:
    | { readonly board: { readonly counters: Pick<Counters<TunnelCounter>, 'read'> } }
    | undefined
  readonly verdicts: { readonly now: { readonly verdict: Verdict } | undefined }
  /** undefined where the home holds none. */
  readonly session: { readonly standing: boolean } | undefined
  readonly host: Pick<Host, 'descriptorsPerWorker'>
}

/** Show them until disposed of. Rejects with a sentence when the address is taken. */
export async function exportMetrics(
  config: Pick<CpeConfig, 'metrics'>,
  home: MeasuredHome,
  log: Pick<CpeLog, 'error'>,
): Promise<AsyncDisposable> {
  await using undo = new AsyncDisposableStack()
  const route = undo.use(new NetlinkSocket(Netlink.route))
  const exposition = new Exposition(metrics, ownMetrics).withProcess()
  const carried = (leg: LegName) => readCounters(route, home.house.board.leg(leg).ifIndex)
  async function* pieces(): AsyncGenerator<string> {
    yield await exposition.render((say) => {
      sayOwn(say, 'cpe', readMptcpCounters(), MPTCP_NOW)
      sayHome(say, home, carried, sharedNowMs())
    })
  }
  undo.use(
    await keepMetricsDoor(config.metrics, pieces, (why, againMs) =>
      log.error('metrics failed', { why, againMs }),
    ),
  )
  const standing = undo.move()
  return { [Symbol.asyncDispose]: () => standing.disposeAsync() }
}

/** `carried` reads the interface of a leg; `nowMs` is of the clock that all threads share. */
export function sayHome(
  say: Say,
  home: MeasuredHome,
  carried: (leg: LegName) => LegCounters | undefined,
  nowMs: number,
): void {
  const { house, steering, tunnel, session, host } = home
  const { counters } = house
  sayLegs(say, home, carried)
  sayFlows(say, counters)
  sayUplinks(say, counters, house.flows())
  sayPaths(say, steering)
  sayLte(say, steering)
  if (tunnel !== undefined) sayTunnel(say, tunnel.board.counters)
  sayVerdict(say, counters, home.verdicts.now?.verdict)
  say(metrics.sessionUp, session && Number(session.standing))
  say(metrics.descriptors, counters.max('descriptors'))
  say(metrics.descriptorsMax, host.descriptorsPerWorker)
  say(metrics.threadSilent, Math.max(0, nowMs - counters.min('turnedMs')) / 1_000)
}

function sayLegs(
  say: Say,
  { house, steering }: MeasuredHome,
  carried: (leg: LegName) => LegCounters | undefined,
): void {
  const facts = steering.facts()
  const { concentrator, active } = steering.status()
  for (const leg of LEGS) {
    const sheet = facts[leg]
    const bytes = carried(leg)
    say(metrics.legBytes, bytes?.txBytes, { leg, direction: 'up' })
    say(metrics.legBytes, bytes?.rxBytes, { leg, direction: 'down' })
    for (const direction of ['up', 'down'] as const) {
      say(metrics.legLoad, perSecond(sheet.load[direction]?.value), { leg, direction })
      say(metrics.legMost, perSecond(sheet.most[direction]?.value), { leg, direction })
      if (leg === 'dsl') {
        say(metrics.dslCapacity, perSecond(sheet.capacity?.[direction]), { direction })
      }
    }
    say(metrics.legUp, Number(house.board.leg(leg).up), { leg })
    say(metrics.legDowns, sheet.downs, { leg })
    say(metrics.legStateSeconds, sheet.sinceMs / 1_000, { leg, state: sheet.state })
    say(metrics.legSilentSeconds, seconds(sheet.silentMs), { leg })
    say(metrics.legRtt, seconds(sheet.rttMs?.value), { leg })
    say(metrics.legRttFloor, seconds(sheet.rttFloorMs), { leg })
    say(metrics.legQueue, seconds(sheet.queueMs), { leg })
    say(metrics.legLoss, sheet.lossShare, { leg })
    say(metrics.unbondedLeg, Number(leg === active), { leg })
    say(metrics.fallbacks, sheet.hostility.fallbacks, { leg })
    say(metrics.avoided, sheet.hostility.avoided, { leg })
    say(metrics.joins, sheet.hostility.stood, { leg, result: 'stood' })
    say(metrics.joins, sheet.hostility.failed, { leg, result: 'failed' })
  }
  say(metrics.reachable, Number(concentrator.state === 'reachable'))
  say(metrics.bonding, Number(house.board.reachable))
}

function sayFlows(say: Say, counters: Pick<HouseCounters, 'read'>): void {
  const read = counters.read.bind(counters)
  say(metrics.flowsOpened, read('flowsOpened'))
  say(metrics.flowsEnded, read('flowsClosed'), { how: 'closed' })
  say(metrics.flowsEnded, read('flowsReset'), { how: 'reset' })
  say(metrics.flowsOpen, read('flowsOpen'))
  say(metrics.flowsLeft, read('flowsBonded'), { way: 'bonded' })
  say(metrics.flowsLeft, read('flowsDirect'), { way: 'direct' })
  say(metrics.flowsLeft, read('flowsTunnelled'), { way: 'tunnel' })
  for (const [name, lasted] of Object.entries(FLOW_LASTED)) {
    say(metrics.flowsLasted, read(name as keyof typeof FLOW_LASTED), { lasted })
  }
  say(metrics.flowSeconds, read('lastedMs') / 1_000)
  say(metrics.flowBytes, read('upBytes'), { direction: 'up' })
  say(metrics.flowBytes, read('downBytes'), { direction: 'down' })
  say(metrics.synsHeld, read('held'))
  say(metrics.synEnds, read('heldOpened'), { end: 'accepted' })
  say(metrics.synEnds, read('heldRefused'), { end: 'refused' })
  say(metrics.synEnds, read('heldNot'), { end: 'not held' })
  say(metrics.hostsOver, read('hostsOver'))
  say(metrics.unanswered, read('unanswered'))
  say(metrics.askedAgain, read('askedAgain'))
  for (const name of ERROR_COUNTERS) {
    say(metrics.convertErrors, read(name), { code: errorName(name) })
  }
}

function sayUplinks(
  say: Say,
  counters: Pick<HouseCounters, 'read'>,
  flows: Iterable<HouseFlow>,
): void {
  const now = new Map([['warm', counters.read('pooled')]])
  for (const { pooled, serviceClass } of flows) {
    if (!pooled) now.set(serviceClass, (now.get(serviceClass) ?? 0) + 1)
  }
  for (const [kind, connections] of now) say(metrics.connections, connections, { class: kind })
  say(metrics.poolTakes, counters.read('poolHits'), { found: 'warm' })
  say(metrics.poolTakes, counters.read('poolMisses'), { found: 'none' })
  say(metrics.uplinks, counters.read('uplinksOpened'), { result: 'opened' })
  say(metrics.uplinks, counters.read('uplinksFailed'), { result: 'failed' })
  say(metrics.cookies, counters.read('cookiesIssued'))
}

function sayPaths(say: Say, { paths, probes }: Pick<RunningSteering, 'paths' | 'probes'>): void {
  const { created, joined, removed, prioritised, resyncs, refused } = paths
  for (const [command, times] of Object.entries({
    created,
    joined,
    removed,
    prioritised,
    resyncs,
  })) {
    say(metrics.pathCommands, times, { command })
  }
  for (const [errno, times] of refused) say(metrics.pathRefused, times, { errno })
  const { sent, unsent, ...replies } = probes
  say(metrics.probesSent, sent, { result: 'sent' })
  say(metrics.probesSent, unsent, { result: 'unsent' })
  for (const [kind, times] of Object.entries(replies)) say(metrics.probeReplies, times, { kind })
}

function sayLte(say: Say, steering: MeasuredHome['steering']): void {
  const { help, counts } = steering.status()
  for (const direction of ['up', 'down'] as const) {
    say(metrics.lteHelps, Number(help[direction].engaged), { direction })
    say(metrics.lteHelpedSeconds, help[direction].helpedMs / 1_000, { direction })
  }
  for (const [reason, times] of counts) say(metrics.decisions, times, { reason })
  const { month, budget, barred, throttled, roams } = steering.lte()
  say(metrics.budgetSpent, month?.usedBytes)
  say(metrics.budget, month?.monthlyBytes)
  say(metrics.budgetAhead, month && budget.aheadPercent / 100)
  say(metrics.lteBarred, Number(barred !== undefined))
  say(metrics.lteThrottled, Number(throttled))
  say(metrics.lteRoams, Number(roams))
  say(metrics.lteGuarded, steering.guard.resets)
}

function sayVerdict(
  say: Say,
  counters: Pick<HouseCounters, 'read'>,
  verdict: Verdict | undefined,
): void {
  if (verdict !== undefined) {
    const { limit, direction, efficiency } = verdict
    say(metrics.limitedBy, 1, { limit, direction })
    say(metrics.efficiency, efficiency)
  }
  for (const [name, state] of WAITS) say(metrics.waits, counters.read(name) / 1_000, { state })
  say(metrics.gapBytes, counters.read('gapBytes'))
  say(metrics.gapFlows, counters.read('gapFlows'))
}

function sayTunnel(say: Say, counters: Pick<Counters<TunnelCounter>, 'read'>): void {
  const read = counters.read.bind(counters)
  say(metrics.tunnelUp, Number(read('ifIndex') > 0))
  say(metrics.tunnelBytes, read('dslUpBytes'), { leg: 'dsl', direction: 'up' })
  say(metrics.tunnelBytes, read('dslDownBytes'), { leg: 'dsl', direction: 'down' })
  say(metrics.tunnelBytes, read('lteUpBytes'), { leg: 'lte', direction: 'up' })
  say(metrics.tunnelBytes, read('lteDownBytes'), { leg: 'lte', direction: 'down' })
  say(metrics.tunnelPackets, read('packetsUp'), { direction: 'up' })
  say(metrics.tunnelPackets, read('packetsDown'), { direction: 'down' })
  say(metrics.tunnelDrops, read('packetsDropped') - read('packetsTooBig'), {
    cause: 'no way or no room',
  })
  for (const [name, cause] of TUNNEL_DROPS) say(metrics.tunnelDrops, read(name), { cause })
  say(metrics.tunnelOrder, read('packetsReordered'), { event: 'waited for an earlier one' })
  say(metrics.tunnelOrder, read('packetsOutOfOrder'), { event: 'came after it was given up' })
  say(metrics.tunnelOrder, read('packetsDuplicate'), { event: 'was there already' })
  say(metrics.tunnelCopies, read('framesCopied'))
  for (const leg of LEGS) {
    say(metrics.tunnelRtt, known(read(`${leg}RttUs`), 1e-6), { leg })
    say(metrics.tunnelQueue, read(`${leg}UpQueueUs`) / 1e6, { leg })
    say(metrics.tunnelRate, known(read(`${leg}UpBytesPerMs`), 1_000), { leg })
    say(metrics.tunnelLost, read(`${leg}DownLost`), { leg })
    say(metrics.tunnelMarked, read(`${leg}DownMarked`), { leg })
  }
}

/** 0 stands for what is not known yet. */
function known(value: number, factor: number): number | undefined {
  return value === 0 ? undefined : value * factor
}

const WAITS: ReadonlyArray<readonly [HouseCounter, string]> = [
  ['lookedMs', 'looked'],
  ['upHeldMs', 'held by the lines'],
  ['upServedMs', 'served by the lines'],
  ['lanHeldMs', 'held by the LAN'],
  ['dslUnsentMs', 'unsent for DSL'],
  ['upWindowMs', 'held by the other end'],
]

/** What of the tunnel's counters are losses, and of what. */
const TUNNEL_DROPS: ReadonlyArray<readonly [TunnelCounter, string]> = [
  ['packetsTooBig', 'too big'],
  ['packetsWaitedTooLong', 'waited too long'],
  ['packetsMarkedInVain', 'marked, and the sender would not hear it'],
  ['framesAlien', 'of no form'],
  ['framesForeign', 'under no key that is here'],
  ['framesReplayed', 'seen before'],
  ['framesForged', 'not genuine'],
  ['framesUnsent', 'refused by the kernel'],
]

/** From bytes a millisecond. */
function perSecond(bytesPerMs: number | undefined): number | undefined {
  return bytesPerMs === undefined ? undefined : bytesPerMs * 1_000
}

function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1_000
}
