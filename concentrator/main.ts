#!/usr/bin/env node
/**
 * The concentrator. This file says what runs and in which order, and nothing else.
 *
 * `await using` opens top down and closes bottom up: read downwards to see the start, upwards to see
 * the stop.
 */
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { concentratorConfig } from '../shared/config/concentrator.ts'
import { readConfig } from '../shared/config/document.ts'
import { configFrom } from '../shared/daemon/arguments.ts'
import { runDaemon, untilAborted } from '../shared/daemon/lifecycle.ts'
import { log } from '../shared/daemon/log.ts'
import { allowFastOpen, openSysctls, takeOverMptcp } from '../shared/linux/sysctl.ts'
import { Counters } from '../shared/relay/counters.ts'
import { surveyHost } from '../shared/relay/host.ts'
import { startWorkers } from '../shared/relay/workers.ts'
import { tellAccess } from './control/access-figures.ts'
import { drainOnSignal } from './control/drain.ts'
import { reportForeignAddresses } from './control/foreign-addresses.ts'
import { newsWriter } from './control/news.ts'
import { answerProbes } from './control/probe-responder.ts'
import { STREET_COUNTERS } from './data/room.ts'
import { streetSettings } from './data/settings.ts'
import { openStreetTunnel } from './data/tunnel.ts'
import { keptSecret } from './subscribers/cookie-secret.ts'
import { keepDoor } from './subscribers/doorkeeper.ts'
import { openShaper } from './subscribers/shaper.ts'
import { SOURCES_MAX, Sources } from './subscribers/sources.ts'
import { Tallies } from './subscribers/tallies.ts'
import { TIES_MAX, TieTable } from './subscribers/tie-table.ts'
import { Ties } from './subscribers/ties.ts'
import { whoseAddress } from './subscribers/whose-address.ts'

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
  const tieTable = TieTable.create(TIES_MAX)
  const memory = {
    counters: counters.memory,
    workers: config.workers,
    subscriberTallies: Tallies.create(config.subscribers.length).memory,
    sources: Sources.create(SOURCES_MAX, randomInt(2 ** 31)).tallies.memory,
    ties: tieTable.memory,
    draining: new SharedArrayBuffer(4),
  }

  reportForeignAddresses(config.egress.addresses)

  // The port first: a second concentrator finds it taken, and has not touched the kernel of the first.
  await using _probes = await answerProbes(config, new Ties(tieTable, config.cookies.tieS))
  using sysctls = openSysctls(join(config.stateDirectory, 'concentrator-sysctls.json'), (why) =>
    log.warn('kernel settings', { why }),
  )
  takeOverMptcp(sysctls)
  const fastOpen = allowFastOpen(sysctls)
  const secret = config.cookies.secret ?? keptSecret(config.stateDirectory)
  const settings = streetSettings(config, host, secret)
  await using shaper = await openShaper(
    config,
    whoseAddress(settings.subscribers, tieTable, () => process.hrtime()[0]).known,
    (why) => log.warn('shaper', { why }),
  )
  await using door = keepDoor(config.limits.subflowsPerConnection, shaper.listener)
  using _access = tellAccess(counters)
  await using _tunnel = config.tunnel.enabled
    ? await openStreetTunnel(config, sysctls, log)
    : undefined
  // Last in, first out: homes arrive when all else stands, and stop before it falls.
  await using workers = await startWorkers(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    { ...settings, ...memory },
    newsWriter(config),
  )
  using _drain = drainOnSignal(memory.draining, () => workers.wake(), config.limits.drainWaitS)

  log.info('ready', {
    port: config.listen.port,
    subscribers: config.subscribers.length,
    fastOpen,
    ...host,
  })
  await Promise.race([untilAborted(signal), workers.death, door.death])
})
