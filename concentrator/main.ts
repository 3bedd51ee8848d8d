#!/usr/bin/env node
/**
 * The concentrator. This file says what runs and in which order, and nothing else.
 *
 * `await using` opens top down and closes bottom up: read downwards to see the start, upwards to see
 * the stop.
 */
import { join } from 'node:path'
import { concentratorConfig } from '../shared/config/concentrator.ts'
import { readConfig } from '../shared/config/document.ts'
import { configFrom } from '../shared/daemon/arguments.ts'
import { runDaemon, untilAborted } from '../shared/daemon/lifecycle.ts'
import { log } from '../shared/daemon/log.ts'
import { openSysctls, takeOverMptcp } from '../shared/linux/sysctl.ts'
import { Counters } from '../shared/relay/counters.ts'
import { surveyHost } from '../shared/relay/host.ts'
import { startWorkers } from '../shared/relay/workers.ts'
import { reportNews } from './control/news.ts'
import { answerProbes } from './control/probe-responder.ts'
import { STREET_COUNTERS } from './data/room.ts'
import { streetSettings } from './data/settings.ts'
import { keepDoor } from './subscribers/doorkeeper.ts'
import { openShaper } from './subscribers/shaper.ts'
import { sourceOf } from './subscribers/source.ts'
import { TIES_MAX, TieTable } from './subscribers/tie-table.ts'
import { Ties } from './subscribers/ties.ts'

const config = configFrom(
  {
    name: 'concentrator/main.ts',
    summary: 'Turn bonded connections back into plain TCP (RFC 8803 Transport Converter).',
    read: (file) => readConfig(concentratorConfig, file),
  },
  process.argv.slice(2),
)
/** Seconds for which an address is a home's after its last probe: twice the idle LTE's pause. */
const TIE_S = 600

await runDaemon(async (signal) => {
  log.level = config.log.level
  const host = surveyHost({ ...config, ...config.limits })
  const counters = new Counters(STREET_COUNTERS, config.workers)
  const ties = TieTable.create(TIES_MAX)

  // The port first: a second concentrator finds it taken, and has not touched the kernel of the first.
  await using _probes = await answerProbes(config, new Ties(ties, TIE_S))
  using sysctls = openSysctls(join(config.stateDirectory, 'concentrator-sysctls.json'))
  takeOverMptcp(sysctls)
  await using shaper = await openShaper(
    config,
    (address) => ties.ownerOf(sourceOf(address), process.hrtime()[0]),
    (why) => log.warn('shaper', { why }),
  )
  await using door = keepDoor(config.limits.subflowsPerConnection, shaper.listener)
  // Last in, first out: homes arrive when all else stands, and stop before it falls.
  await using workers = await startWorkers(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    streetSettings(config, host, counters.memory),
    reportNews,
  )

  log.info('ready', { port: config.listen.port, subscribers: config.subscribers.length, ...host })
  await Promise.race([untilAborted(signal), workers.death, door.death])
})
