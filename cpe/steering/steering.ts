/**
 * The steering room: opens its eyes and hands, and turns the loop until it is told to stop.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { Reason } from '../../shared/core/reasons.ts'
import type { Log } from '../../shared/daemon/log.ts'
import { MptcpPathManager } from '../../shared/linux/mptcp-path-manager.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { dumpSubflows } from '../../shared/linux/subflows.ts'
import { probeSecret } from '../../shared/tunnel/keys.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { Inquiry } from './inquiry.ts'
import { LinkWatch } from './links.ts'
import { Steering, type SteeringConfig, type SteeringParts } from './loop.ts'
import { LteLedger } from './lte-ledger.ts'
import { type PathCounts, PathManager } from './path-manager.ts'
import { type ProbeCounts, Probes } from './probes.ts'

/** What the rest of the house gives to steering. */
export type SteeringOutside = Pick<
  SteeringParts,
  'board' | 'flows' | 'lanConnections' | 'roomForFlows' | 'router' | 'shaper' | 'wake'
> & { readonly log: Pick<Log, 'debug' | 'error' | 'info' | 'warn'> }

export interface RunningSteering extends AsyncDisposable {
  /** It is known whether the concentrator answers, and what follows from it has been done. */
  readonly settled: Promise<void>
  /** A data thread doubts the concentrator. */
  suspect(): void
  status(): ReturnType<Steering['status']>
  /** Why LTE helped or did not, the oldest first: what answers "why at 20:14?". */
  reasons(): readonly Reason[]
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
  const budget = (lte: LegCounters | undefined) => ledger.look(lte, Date.now())
  const steering = new Steering(config, remotes, { ...outside, links, probes, paths, budget })

  const inquiry = opened.use(
    new Inquiry(config, (why) => outside.log.warn('concentrator asked by TCP', { why })),
  )

  let timer: NodeJS.Timeout | undefined
  let saidMs = -Infinity
  /** One failed round must not leave the house without steering: the next looks at everything anew. */
  const turn = (): void => {
    let nextMs = AFTER_FAILURE_MS
    try {
      const nowMs = performance.now()
      nextMs = steering.tick(nowMs)
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
    reasons: () => steering.help.reasons(performance.now(), Date.now()),
    probes: probes.counts,
    paths: paths.counts,
    [Symbol.asyncDispose]: () => {
      standing.dispose()
      return Promise.resolve()
    },
  }
}

const AFTER_FAILURE_MS = 200
const SAY_AGAIN_MS = 10_000
