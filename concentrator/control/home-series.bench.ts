/**
 * A concentrator's metrics of so many painted homes, on a port of the loopback, for `npm run bench -- metrics` to
 * scrape: `node concentrator/control/home-series.bench.ts HOMES`. Says the port, and at its end (a line on standard
 * input) how long at most the thread was away from its event loop.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { HomeReport } from '../../shared/config/control-messages.ts'
import { openMetricsDoor } from '../../shared/daemon/metrics-door.ts'
import { homeSeries, type ShownHome } from './home-series.ts'

const leg = { state: 'up', reason: 'echo', rttMs: 21.4 }
const carried = { upBytes: 123_456_789_012, downBytes: 1_234_567_890_123 }
const report: HomeReport = {
  atMs: 0,
  legs: { dsl: leg, lte: leg },
  concentrator: { state: 'reachable', reason: 'echo' },
  usage: { epoch: 'e', dsl: carried, lte: carried },
  dslCapacity: { up: 1_250_000, down: 6_250_000 },
  lte: { helps: { up: 'dsl-full', down: 'dsl-queue' }, budgetUsed: 0.123_456 },
  reasons: [],
}
const homes = Array.from({ length: Number(process.argv[2]) }, (_, number): ShownHome => {
  return {
    id: `home-${10_000 + number}`,
    connections: 17,
    report,
    verdict: { limit: 'dsl-sync/full', efficiency: 0.8123 },
    policyAppliedMs: 1_764_000_000_000,
  }
})

const away = monitorEventLoopDelay({ resolution: 1 })
const door = await openMetricsDoor(
  { address: '127.0.0.1', port: 0 },
  () => homeSeries(homes),
  (error) => {
    throw error
  },
)
away.enable()
console.log(door.port)
process.stdin.once('data', () => {
  console.log(away.max / 1e6)
  process.exit(0)
})
