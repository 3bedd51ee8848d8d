/**
 * `npm run bench -- ...`: what the project claims about speed, measured side by side in one run. Nothing
 * here passes or fails; the tests do that, with margins.
 */
import { Command } from 'commander'
import { frameBench } from './frames.ts'
import { interactiveBench } from './interactive.ts'
import { metricsBench } from './metrics.ts'
import { daemonBenches } from './on-daemons.ts'
import { lineBenches } from './on-lines.ts'
import { verdictBench } from './verdict.ts'
import { verdictStreetBench } from './verdict-street.ts'

const bench = new Command('npm run bench --').description(
  'Measure the street. Nothing else should load this machine meanwhile.',
)
const benches = [...lineBenches, interactiveBench, ...daemonBenches, frameBench, metricsBench]
for (const command of [...benches, verdictBench, verdictStreetBench]) bench.addCommand(command)

await bench.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
})
