/**
 * Those who look at the home and change nothing: Prometheus, `hybridge top`, whoever sends SIGUSR2.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { serveFacts } from '../../shared/daemon/facts-socket.ts'
import { type TunnelBoard, tunnelCounts } from '../data/tunnel-board.ts'
import type { RunningSteering } from '../steering/steering.ts'
import { exportMetrics, type MeasuredHome } from './exporter.ts'
import { type FactsHouse, factsSocket, homeFacts } from './home-facts.ts'
import type { CpeLog } from './log.ts'
import type { RunningVerdicts } from './open-verdicts.ts'
import { sayFactsOnSignal } from './say-facts.ts'
import { verdictFacts } from './verdict-facts.ts'

export interface SeenHome extends MeasuredHome {
  readonly house: MeasuredHome['house'] & Pick<FactsHouse, 'counters' | 'flows'>
  readonly steering: RunningSteering
  readonly tunnel: { readonly board: TunnelBoard } | undefined
  readonly verdicts: RunningVerdicts
}

/** Until disposed of. Rejects where the port of the metrics is taken. */
export async function openLookers(
  config: Pick<CpeConfig, 'legs' | 'metrics' | 'stateDirectory'>,
  home: SeenHome,
  log: CpeLog,
): Promise<AsyncDisposable> {
  const { house, steering, tunnel, verdicts } = home
  await using opened = new AsyncDisposableStack()
  opened.use(await exportMetrics(config, home, log))
  opened.use(
    await serveFacts(
      factsSocket(config),
      () => homeFacts({ ...house, steering, verdicts }),
      (why) => log.warn('facts not served', { why }),
    ),
  )
  opened.use(
    sayFactsOnSignal(() => ({
      ...steering.facts(),
      ...verdictFacts(verdicts),
      ...(tunnel && { tunnel: tunnelCounts(tunnel.board) }),
    })),
  )
  const standing = opened.move()
  return { [Symbol.asyncDispose]: () => standing.disposeAsync() }
}
