/**
 * The steering room: opens its eyes and hands, and turns the loop until it is told to stop.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { type Budget, UNLIMITED } from '../../shared/core/budget.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { Log } from '../../shared/daemon/log.ts'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { dumpSubflows } from '../../shared/linux/subflows.ts'
import { sharedNowMs } from '../../shared/relay/shared-clock.ts'
import { probeSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { Inquiry } from './inquiry.ts'
import { LinkWatch } from './links.ts'
import { Steering, type SteeringConfig, type SteeringParts } from './loop.ts'
import { LteLedger } from './lte-ledger.ts'
import { dslLine } from './overflow-policy.ts'
import { type PathCounts, PathManager } from './path-manager.ts'
import { type ProbeCounts, Probes } from './probes.ts'
import type { Router } from './router.ts'
import { type SteeredTunnel, TunnelSteering } from './tunnel-steering.ts'

/** What the rest of the house gives to steering. */
export type SteeringOutside = Pick<
  SteeringParts,
  'board' | 'flows' | 'lanConnections' | 'roomForFlows' | 'wake'
> & {
  readonly log: Pick<Log, 'debug' | 'error' | 'info' | 'warn'>
  readonly router: SteeringParts['router'] & Pick<Router, 'setTunnel'>
  /** undefined where the home has none. */
  readonly tunnel: SteeredTunnel | undefined
}

export interface RunningSteering extends AsyncDisposable {
  /** It is known whether the concentrator answers, and what follows from it has been done. */
  readonly settled: Promise<void>
  /** A data thread doubts the concentrator. */
  suspect(): void
  status(): ReturnType<Steering['status']>
  readonly probes: ProbeCounts
  readonly paths: PathCounts
}

/**
 * Needs root, the userspace path manager (sysctl.ts) and the router's tables. Throws `SyscallError` when
 * the kernel refuses. The first tick has been done when it returns.
 */
export function startSteering(
  config: SteeringConfig &
    Pick<CpeConfig, 'budget' | 'concentrator' | 'stateDirectory' | 'subscriber'>,
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
      (leg, number, rttMs) => steering.heard(leg, number, rttMs, performance.now()),
      { nowUs: () => performance.now() * 1_000, unixMs: () => Date.now() },
    ),
  )
  const paths = new PathManager(kernel, () => dumpSubflows(diagnosis), remotes)
  const ledger = opened.use(
    new LteLedger(config, (why) => outside.log.warn('lte ledger', { why }), Date.now()),
  )
  const spending = new Spending(ledger)
  const budget = (lte: LegCounters | undefined) => spending.look(lte)
  const steering = new Steering(config, remotes, { ...outside, links, probes, paths, budget })

  const inquiry = opened.use(
    new Inquiry(config, (why) => outside.log.warn('concentrator asked by TCP', { why })),
  )

  const tunnel = tunnelSteering(config, outside)
  let timer: NodeJS.Timeout | undefined
  let saidMs = -Infinity
  /** One failed round must not leave the house without steering: the next looks at everything anew. */
  const turn = (): void => {
    let nextMs = AFTER_FAILURE_MS
    try {
      const nowMs = performance.now()
      nextMs = steering.tick(nowMs)
      tunnel?.look(steering.status().help, spending.last, nowMs)
      inquiry.look(steering.concentratorMissed, nowMs)
    } catch (error) {
      if (performance.now() - saidMs > SAY_AGAIN_MS) {
        saidMs = performance.now()
        outside.log.error('steering failed', { why: error instanceof Error ? error.stack : error })
      }
    }
    timer = setTimeout(turn, nextMs)
  }
  turn()
  opened.defer(() => clearTimeout(timer))
  const standing = opened.move()
  return {
    settled: steering.settled,
    suspect: () => steering.suspect(performance.now()),
    status: () => steering.status(),
    probes: probes.counts,
    paths: paths.counts,
    [Symbol.asyncDispose]: () => {
      standing.dispose()
      return Promise.resolve()
    },
  }
}

function tunnelSteering(
  config: SteeringConfig,
  { tunnel, router }: Pick<SteeringOutside, 'router' | 'tunnel'>,
): TunnelSteering | undefined {
  if (tunnel === undefined) return undefined
  return new TunnelSteering(tunnel, router, dslLine(config).configured, sharedNowMs)
}

/** The month's LTE, and what was last known of it. */
class Spending {
  last: Budget = UNLIMITED
  readonly #ledger: LteLedger

  constructor(ledger: LteLedger) {
    this.#ledger = ledger
  }

  look(lte: LegCounters | undefined): Budget {
    this.last = this.#ledger.look(lte, Date.now())
    return this.last
  }
}

const AFTER_FAILURE_MS = 200
const SAY_AGAIN_MS = 10_000
