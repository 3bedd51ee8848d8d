/**
 * The steering room: opens its eyes and hands, and turns the loop until it is told to stop.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { Policy } from '../../shared/config/policy.ts'
import type { LegName } from '../../shared/core/leg.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { Reason } from '../../shared/core/reasons.ts'
import type { LteLeave } from '../../shared/core/verdict-facts.ts'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { dumpSubflows } from '../../shared/linux/subflows.ts'
import { sharedNowMs } from '../../shared/relay/shared-clock.ts'
import { probeSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { CpeLog } from '../control/log.ts'
import type { HouseCounters } from '../data/room.ts'
import { factSheets, type LegFactSheet } from './facts.ts'
import { Inquiry } from './inquiry.ts'
import { LinkWatch } from './links.ts'
import { Steering, type SteeringConfig, type SteeringParts } from './loop.ts'
import { type LteHands, type LteStanding, openLteGate } from './lte-gate.ts'
import { type GuardedClasses, type GuardedHome, LteGuard } from './lte-guard.ts'
import { dslLine } from './overflow-policy.ts'
import type { PathCounts } from './path-counts.ts'
import { PathManager } from './path-manager.ts'
import { type ProbeCounts, Probes } from './probes.ts'
import type { Router } from './router.ts'
import { type SteeredTunnel, TunnelSteering } from './tunnel-steering.ts'

/** What the rest of the house gives to steering. */
export type SteeringOutside = Pick<
  SteeringParts,
  | 'board'
  | 'classesInUse'
  | 'flows'
  | 'lanConnections'
  | 'measuring'
  | 'roomForFlows'
  | 'shaper'
  | 'transfers'
  | 'wake'
> &
  LteHands &
  Pick<GuardedHome, 'reset'> & {
    /** The date, as well as the house knows it. */
    readonly unixMs: () => number
    readonly counters: Pick<HouseCounters, 'read'>
    readonly log: Pick<CpeLog, 'debug' | 'error' | 'info' | 'warn'>
    readonly router: SteeringParts['router'] & Pick<Router, 'setTunnel'>
    /** undefined where the home has none. */
    readonly tunnel: SteeredTunnel | undefined
  }

export interface RunningSteering extends AsyncDisposable {
  /** It is known whether the concentrator answers, and what follows from it has been done. */
  readonly settled: Promise<void>
  /** A data thread doubts the concentrator. */
  suspect(): void
  /** Judge by this policy from now on. */
  adopt(policy: Policy): void
  status(): ReturnType<Steering['status']>
  /** Everything that is known about the legs. */
  facts(): Record<LegName, LegFactSheet>
  /** What LTE may do now. */
  lte(): LteStanding
  /** Why LTE may not do all it can. */
  lteLeave(): LteLeave
  /** Why LTE was used or not, the oldest first: what answers "why at 20:14?". */
  reasons(): readonly Reason[]
  readonly probes: ProbeCounts
  readonly guard: Pick<LteGuard, 'resets'>
  readonly paths: PathCounts
}

/**
 * Needs root, the userspace path manager (sysctl.ts) and the router's tables. Throws `SyscallError` when
 * the kernel refuses. The first tick has been done when it returns.
 */
export function startSteering(
  config: SteeringConfig &
    GuardedClasses &
    Pick<CpeConfig, 'budget' | 'concentrator' | 'roaming' | 'stateDirectory' | 'subscriber'>,
  outside: SteeringOutside,
): RunningSteering {
  using opened = new DisposableStack()
  const { addresses, port } = config.concentrator
  const remotes = addresses.map((text) => ({ address: knownAddress(text), port }))
  const kernel = opened.use(new MptcpPathManager())
  const diagnosis = opened.use(new NetlinkSocket(Netlink.diagnosis))
  const links = opened.use(
    new LinkWatch(
      config.legs,
      remotes.map(({ address }) => address),
    ),
  )
  const probes = opened.use(
    new Probes(
      probeSecret(config.subscriber.cookie),
      (leg, number, rttMs, said) => steering.heard(leg, number, rttMs, performance.now(), said),
      { nowUs: () => performance.now() * 1_000, unixMs: outside.unixMs },
    ),
  )
  const dump = () => dumpSubflows(diagnosis)
  const { session } = config.concentrator
  const paths = new PathManager(kernel, dump, remotes, session?.port)
  const gate = opened.use(openLteGate(config, outside, outside.unixMs()))
  const allowance = (lte: LegCounters | undefined, nowMs: number) =>
    gate.look(lte, nowMs, outside.unixMs())
  const guard = new LteGuard(config, { ...outside, dump, roaming: () => gate.roams })
  const hands = { links, probes, paths, allowance, guard }
  const steering = new Steering(config, remotes, { ...outside, ...hands })

  const inquiry = opened.use(
    new Inquiry(config, (why) => outside.log.warn('concentrator asked by TCP', { why })),
  )

  const tunnel = tunnelSteering(config, outside)
  opened.use(
    keepTurning((nowMs) => {
      const nextMs = steering.tick(nowMs)
      tunnel?.look(steering.status().help, gate.budget, nowMs)
      inquiry.look(steering.concentratorMissed, nowMs)
      return nextMs
    }, outside.log),
  )
  const standing = opened.move()
  return {
    settled: steering.settled,
    suspect: () => steering.suspect(performance.now()),
    adopt: (policy) => {
      steering.adopt(policy)
      gate.adopt(policy)
      guard.adopt(policy)
    },
    status: () => steering.status(),
    guard,
    facts: () => factsOf(steering, paths, outside.counters),
    lte: () => gate.standing,
    lteLeave: () => gate.leave,
    reasons: () => steering.reasons(performance.now(), outside.unixMs()),
    probes: probes.counts,
    paths: paths.counts,
    [Symbol.asyncDispose]: () => {
      standing.dispose()
      return Promise.resolve()
    },
  }
}

function factsOf(
  steering: Steering,
  { counts }: PathManager,
  counters: Pick<HouseCounters, 'read'>,
): Record<LegName, LegFactSheet> {
  const { down, up } = steering.status().help
  const capacity = { down: down.dslCapacity, up: up.dslCapacity }
  return factSheets(steering.reports(performance.now()), capacity, counts, counters)
}

function tunnelSteering(
  config: SteeringConfig,
  { tunnel, router }: Pick<SteeringOutside, 'router' | 'tunnel'>,
): TunnelSteering | undefined {
  if (tunnel === undefined) return undefined
  return new TunnelSteering(tunnel, router, dslLine(config).configured, sharedNowMs)
}

/**
 * `turn` answers in how many milliseconds it wants to be called again. A round that fails must not leave the house
 * without steering: the next looks at everything anew.
 */
function keepTurning(turn: (nowMs: number) => number, log: Pick<CpeLog, 'error'>): Disposable {
  let timer: NodeJS.Timeout | undefined
  let saidMs = -Infinity
  const round = (): void => {
    let nextMs = AFTER_FAILURE_MS
    try {
      nextMs = turn(performance.now())
    } catch (error) {
      if (performance.now() - saidMs > SAY_AGAIN_MS) {
        saidMs = performance.now()
        log.error('steering failed', { why: error instanceof Error ? error.stack : error })
      }
    }
    timer = setTimeout(round, nextMs)
  }
  round()
  return { [Symbol.dispose]: () => clearTimeout(timer) }
}

const AFTER_FAILURE_MS = 200
const SAY_AGAIN_MS = 10_000
