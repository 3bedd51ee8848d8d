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
import { reportForeignAddresses } from './control/foreign-addresses.ts'
import { reportNews } from './control/news.ts'
import { answerProbes } from './control/probe-responder.ts'
import { STREET_COUNTERS } from './data/room.ts'
import { streetSettings } from './data/settings.ts'
import { keepDoor } from './subscribers/doorkeeper.ts'

const config = configFrom(
  {
    name: 'concentrator/main.ts',
    summary: 'Turn bonded connections back into plain TCP (RFC 8803 Transport Converter).',
    read: (file) => readConfig(concentratorConfig, file),
  },
  process.argv.slice(2),
)

await runDaemon(async (signal) => {
  log.level = config.log.level
  const host = surveyHost({ ...config, ...config.limits })
  const counters = new Counters(STREET_COUNTERS, config.workers)

  reportForeignAddresses(config.egress.addresses)

  // The port first: a second concentrator finds it taken, and has not touched the kernel of the first.
  await using _probes = await answerProbes(config)
  using sysctls = openSysctls(join(config.stateDirectory, 'concentrator-sysctls.json'))
  takeOverMptcp(sysctls)
  await using door = keepDoor(config.limits.subflowsPerConnection)
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
