/**
 * A concentrator's metrics of so many painted homes, on a port of the loopback, for `npm run bench -- metrics` to
 * scrape: `node concentrator/control/home-series.bench.ts HOMES`. Says the port, and at its end (a line on standard
 * input) how long at most the thread was away from its event loop.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { openMetricsDoor } from '../../shared/daemon/metrics-door.ts'
import { fullReport } from './home-report.fake.ts'
import { homeSeries, type ShownHome } from './home-series.ts'

const homes = Array.from({ length: Number(process.argv[2]) }, (_, number): ShownHome => {
  return {
    id: `home-${10_000 + number}`,
    connections: 17,
    report: fullReport,
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
