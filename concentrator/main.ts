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
import { openControl } from './control/control.ts'
import { drainOnSignal } from './control/drain.ts'
import { reportForeignAddresses } from './control/foreign-addresses.ts'
import { newsWriter } from './control/news.ts'
import { answerProbes } from './control/probe-responder.ts'
import { reloadOnHangup } from './control/reload.ts'
import { STREET_COUNTERS } from './data/room.ts'
import { streetSettings } from './data/settings.ts'
import { openAccounting } from './subscribers/accounting.ts'
import { keptSecret } from './subscribers/cookie-secret.ts'
import { keepDoor } from './subscribers/doorkeeper.ts'
import { IDENTITIES_MAX, Identities } from './subscribers/identities.ts'
import { together } from './subscribers/listeners.ts'
import { openShaper } from './subscribers/shaper.ts'
import { SOURCES_MAX, Sources } from './subscribers/sources.ts'
import { Tallies } from './subscribers/tallies.ts'
import { TIES_MAX, TieTable } from './subscribers/tie-table.ts'
import { Ties } from './subscribers/ties.ts'
import { whoseAddress } from './subscribers/whose-address.ts'

const { config, readAgain } = configFrom(
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
  const identities = Identities.create(IDENTITIES_MAX)
  const memory = {
    counters: counters.memory,
    workers: config.workers,
    subscriberTallies: Tallies.create(config.subscribers.length).memory,
    sources: Sources.create(SOURCES_MAX, randomInt(2 ** 31)).tallies.memory,
    ties: tieTable.memory,
    draining: new SharedArrayBuffer(4),
    identities: identities.memory,
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
  const whose = whoseAddress(settings.subscribers, tieTable, () => process.hrtime()[0]).known
  await using shaper = await openShaper(config, whose, (why) => log.warn('shaper', { why }))
  const identity = (token: number) => identities.of(token)
  await using accounting = await openAccounting(config, { identity, whose, sysctls })
  await using control = await openControl(config, settings.mint)
  await using door = keepDoor(
    config.limits.subflowsPerConnection,
    together([shaper.listener, accounting.listener, control.listener]),
  )
  using _access = tellAccess(counters)
  // Last in, first out: homes arrive when all else stands, and stop before it falls.
  await using workers = await startWorkers(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    { ...settings, ...memory },
    newsWriter(config),
  )
  using _reload = reloadOnHangup(readAgain, (subscribers) => control.adopt(subscribers))
  using _drain = drainOnSignal(memory.draining, () => workers.wake(), config.limits.drainWaitS)

  log.info('ready', {
    port: config.listen.port,
    subscribers: config.subscribers.length,
    fastOpen,
    ...host,
  })
  await Promise.race([untilAborted(signal), workers.death, door.death])
})
