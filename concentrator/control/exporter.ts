/**
 * Says the concentrator's metrics: at each scrape what the data threads count, and what is known of the homes, is read
 * where it is kept. Nothing is done for it between two scrapes.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { ERROR_COUNTERS, errorName } from '../../shared/core/error-counters.ts'
import { FLOW_LASTED } from '../../shared/core/flow-lasting.ts'
import { Exposition, type Say } from '../../shared/daemon/exposition.ts'
import { keepMetricsDoor } from '../../shared/daemon/metrics-door.ts'
import { ownMetrics, sayOwn } from '../../shared/daemon/own-metrics.ts'
import { MPTCP_NOW, readMptcpCounters } from '../../shared/linux/mptcp-counters.ts'
import type { Counters } from '../../shared/relay/counters.ts'
import type { EgressSettings, StreetCounter } from '../data/room.ts'
import type { StreetTunnelCounter } from '../data/tunnel-room.ts'
import type { Door } from '../subscribers/doorkeeper.ts'
import type { Roster } from '../subscribers/roster.ts'
import type { Store } from '../subscribers/store.ts'
import { Held, type Tallies } from '../subscribers/tallies.ts'
import type { Drain } from './drain.ts'
import { homeSeries, type ShownHome } from './home-series.ts'
import { log } from './log.ts'
import { concentratorMetrics as metrics } from './metrics.ts'
import type { ProbeCounts } from './probe-responder.ts'
import type { Sessions } from './sessions.ts'
import type { SpeedTests } from './speed-tests.ts'

/** Where the numbers are. */
export interface MeasuredStreet {
  readonly counters: Pick<Counters<StreetCounter>, 'max' | 'read'>
  readonly tallies: Pick<Tallies, 'held'>
  readonly roster: Pick<Roster, 'idOf' | 'numbers'>
  readonly store: Pick<Store, 'staleSinceMs'> & { readonly homes: Pick<Store['homes'], 'ids'> }
  readonly door: Pick<Door, 'counts'>
  readonly probes: { readonly counts: ProbeCounts }
  readonly control: {
    readonly sessions: ShownSessions | undefined
    readonly verdictNow: ((subscriber: string) => ShownHome['verdict']) | undefined
    readonly speedTests: Pick<SpeedTests, 'answers'> | undefined
  }
  readonly tunnel: { readonly counters: Pick<Counters<StreetTunnelCounter>, 'read'> } | undefined
  readonly drain: Pick<Drain, 'isDraining'>
  readonly settings: {
    readonly egress: Pick<EgressSettings, 'portsMax' | 'portsTaken'>
    readonly descriptorsMax: number
  }
}

type ShownSessions = Pick<Sessions, 'counts' | 'refusals' | 'size'> & {
  of(id: string): Pick<ShownHome, 'policyAppliedMs' | 'report'> | undefined
}

/** What of the configuration is a limit that is shown. */
interface ShownLimits {
  readonly control?: { readonly sessionsMax: number } | undefined
  readonly egress: Pick<ConcentratorConfig['egress'], 'addresses'>
}

/** Show them until disposed of. Rejects with a sentence when the address is taken. */
export function exportMetrics(
  config: Pick<ConcentratorConfig, 'control' | 'egress' | 'metrics'>,
  street: MeasuredStreet,
): Promise<AsyncDisposable> {
  const exposition = new Exposition(metrics, ownMetrics).withProcess()
  async function* pieces(): AsyncGenerator<string> {
    const { homes, unshown } = shownHomes(street, config.metrics.homesMax)
    yield await exposition.render((say) => {
      sayOwn(say, 'concentrator', readMptcpCounters(), MPTCP_NOW)
      sayStreet(say, street, config, Date.now())
      say(metrics.homesUnshown, unshown)
    })
    yield* homeSeries(homes)
  }
  return keepMetricsDoor(config.metrics, pieces, (why, againMs) =>
    log.error('metrics failed', { why, againMs }),
  )
}

/** Homes that have something open or a session, in the order of their numbers. */
export function shownHomes(
  { tallies, roster, control }: Pick<MeasuredStreet, 'control' | 'roster' | 'tallies'>,
  homesMax: number,
): { readonly homes: ShownHome[]; readonly unshown: number } {
  const homes: ShownHome[] = []
  let unshown = 0
  for (let number = 0; number < roster.numbers; number++) {
    const id = roster.idOf(number)
    if (id === undefined) continue
    const connections = tallies.held(number, Held.open)
    const session = control.sessions?.of(id)
    if (connections === 0 && session === undefined) continue
    if (homes.length >= homesMax) unshown++
    else {
      const { report, policyAppliedMs } = session ?? NO_SESSION
      const verdict = session && control.verdictNow?.(id)
      homes.push({ id, connections, report, verdict, policyAppliedMs })
    }
  }
  return { homes, unshown }
}

export function sayStreet(
  say: Say,
  street: MeasuredStreet,
  limits: ShownLimits,
  unixMs: number,
): void {
  sayArrivals(say, street)
  sayFlows(say, street.counters)
  sayEgress(say, limits, street.settings.egress)
  if (street.tunnel !== undefined) sayTunnel(say, street.tunnel.counters)
  saySessions(say, street.control, limits)
  const { store, drain, counters, settings } = street
  say(metrics.homes, store.homes.ids.length)
  say(metrics.storeUp, Number(store.staleSinceMs === undefined))
  say(metrics.storeStale, Math.max(0, unixMs - (store.staleSinceMs ?? unixMs)) / 1_000)
  say(metrics.draining, Number(drain.isDraining()))
  say(metrics.descriptors, counters.max('descriptors'))
  say(metrics.descriptorsMax, settings.descriptorsMax)
}

function sayArrivals(
  say: Say,
  { counters, door, probes }: Pick<MeasuredStreet, 'counters' | 'door' | 'probes'>,
): void {
  const read = counters.read.bind(counters)
  const [dsl, lte] = [read('acceptedDsl'), read('acceptedLte')]
  say(metrics.accepted, dsl, { access: 'dsl' })
  say(metrics.accepted, lte, { access: 'lte' })
  say(metrics.accepted, rest(read('accepted'), dsl, lte), { access: 'unknown' })
  const [plainDsl, plainLte] = [read('plainTcpDsl'), read('plainTcpLte')]
  say(metrics.plainTcp, plainDsl, { access: 'dsl' })
  say(metrics.plainTcp, plainLte, { access: 'lte' })
  say(metrics.plainTcp, rest(read('plainTcp'), plainDsl, plainLte), { access: 'unknown' })
  say(metrics.strangers, read('strangersSilent'), { what: 'said nothing' })
  say(metrics.strangers, read('strangersAlien'), { what: 'no Convert' })
  say(metrics.strangers, read('strangersUnknown'), { what: 'no home' })
  say(metrics.fastOpens, read('fastOpens'))
  say(metrics.messages, read('hellos'), { kind: 'hello' })
  say(metrics.messages, read('requests'), { kind: 'request' })
  for (const name of ERROR_COUNTERS) say(metrics.errors, read(name), { code: errorName(name) })
  const silently = read('refusedSilently')
  say(metrics.refused, rest(read('refused'), silently), { how: 'error' })
  say(metrics.refused, silently, { how: 'reset' })
  for (const [name, cause] of REFUSALS) say(metrics.refusals, read(name), { cause })
  for (const [name, event] of COOKIES) say(metrics.cookies, read(name), { event })
  say(metrics.joins, door.counts.joins)
  say(metrics.joinsRefused, door.counts.joinsRefused, { cause: 'more than subflowsPerConnection' })
  say(metrics.joinsRefused, door.counts.joinsStray, { cause: "not from the home's prefixes" })
  for (const [result, times] of Object.entries(probes.counts)) {
    say(metrics.probes, times, { result })
  }
}

function sayFlows(say: Say, counters: MeasuredStreet['counters']): void {
  const read = counters.read.bind(counters)
  say(metrics.flowsOpened, read('flowsOpened'))
  say(metrics.flowsEnded, read('flowsClosed'), { how: 'closed' })
  const idle = read('flowsIdle')
  say(metrics.flowsEnded, rest(read('flowsReset'), idle), { how: 'reset' })
  say(metrics.flowsEnded, idle, { how: 'idle' })
  say(metrics.flowsOpen, read('flowsOpen'))
  for (const [name, lasted] of Object.entries(FLOW_LASTED)) {
    say(metrics.flowsLasted, read(name as keyof typeof FLOW_LASTED), { lasted })
  }
  say(metrics.flowSeconds, read('lastedMs') / 1_000)
  say(metrics.flowBytes, read('upBytes'), { direction: 'up' })
  say(metrics.flowBytes, read('downBytes'), { direction: 'down' })
  say(metrics.warm, read('pooled'))
  say(metrics.retries, read('connectsRetried'))
}

function sayEgress(
  say: Say,
  { egress }: ShownLimits,
  { portsTaken, portsMax }: Pick<EgressSettings, 'portsMax' | 'portsTaken'>,
): void {
  const taken = new Int32Array(portsTaken)
  for (const [i, address] of egress.addresses.entries()) {
    say(metrics.egressPorts, taken[i], { address })
  }
  say(metrics.egressPortsMax, portsMax)
}

function sayTunnel(say: Say, counters: Pick<Counters<StreetTunnelCounter>, 'read'>): void {
  const read = counters.read.bind(counters)
  say(metrics.tunnelSessions, read('sessions'))
  say(metrics.tunnelBytes, read('upBytes'), { direction: 'up' })
  say(metrics.tunnelBytes, read('downBytes'), { direction: 'down' })
  say(metrics.tunnelPackets, read('packetsUp'), { direction: 'up' })
  say(metrics.tunnelPackets, read('packetsDown'), { direction: 'down' })
  for (const [name, cause] of TUNNEL_DROPS) say(metrics.tunnelDrops, read(name), { cause })
  say(metrics.tunnelOrder, read('held'), { event: 'waited for an earlier one' })
  say(metrics.tunnelOrder, read('late'), { event: 'came after it was given up' })
  say(metrics.tunnelOrder, read('duplicate'), { event: 'was there already' })
}

function saySessions(
  say: Say,
  { sessions, speedTests }: Pick<MeasuredStreet['control'], 'sessions' | 'speedTests'>,
  { control }: ShownLimits,
): void {
  if (sessions === undefined) return
  const { counts, refusals } = sessions
  say(metrics.sessions, sessions.size)
  say(metrics.sessionsMax, control?.sessionsMax)
  say(metrics.sessionsOpened, counts.opened)
  say(metrics.sessionsReplaced, counts.replaced)
  for (const [code, times] of refusals) say(metrics.sessionsRefused, times, { code })
  say(metrics.reports, counts.reports)
  say(metrics.policiesApplied, counts.policiesApplied)
  for (const [answer, times] of speedTests?.answers ?? []) {
    say(metrics.speedTests, times, { answer })
  }
}

/** What is left of `all`. Data threads count on while we read: read the parts first. */
function rest(all: number, ...parts: readonly number[]): number {
  return all - parts.reduce((sum, part) => sum + part, 0)
}

/** What a data thread counts as refused, and what people are told of it. */
const REFUSALS: ReadonlyArray<readonly [StreetCounter, string]> = [
  ['overOpen', 'perSubscriber.openMax'],
  ['overPending', 'perSubscriber.pendingMax'],
  ['overPooled', 'perSubscriber.pooledMax'],
  ['overRequests', 'requestsPerS'],
  ['crowdedOut', 'perSource.waitingMax'],
  ['silent', 'convertWaitMs'],
  ['hairpins', 'hairpin'],
  ['portsExhausted', 'egress ports'],
  ['exhausted', 'descriptorsShare'],
  ['drained', 'draining'],
]
const COOKIES: ReadonlyArray<readonly [StreetCounter, string]> = [
  ['cookiesIssued', 'issued'],
  ['cookiesExpired', 'expired'],
  ['cookiesMoved', 'shown from elsewhere'],
  ['cookiesDoubled', 'shown from two places'],
]
const TUNNEL_DROPS: ReadonlyArray<readonly [StreetTunnelCounter, string]> = [
  ['unknown', 'of no session'],
  ['alien', 'of no form'],
  ['foreign', 'under no key that is here'],
  ['replayed', 'seen before'],
  ['forged', 'not genuine'],
  ['notEct', 'marked, and the sender would not hear it'],
  ['spoofed', "a source that is not the home's"],
  ['unrouted', 'for no home'],
  ['dropped', 'no room'],
  ['tooBig', 'too big'],
  ['framesUnsent', 'refused by the kernel'],
]
const NO_SESSION = { report: undefined, policyAppliedMs: undefined }
