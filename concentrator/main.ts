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
import { serveApi } from './control/api/server.ts'
import { openControl } from './control/control.ts'
import { openDrain } from './control/drain.ts'
import { reportForeignAddresses } from './control/foreign-addresses.ts'
import { makeLocalToken } from './control/local-token.ts'
import { newsWriter } from './control/news.ts'
import { openStore } from './control/open-store.ts'
import { presentHomes } from './control/present-homes.ts'
import { answerProbes, type ShapedKbps } from './control/probe-responder.ts'
import { register } from './control/register.ts'
import { STREET_COUNTERS, type StreetNews } from './data/room.ts'
import { streetSettings } from './data/settings.ts'
import { openStreetTunnel } from './data/tunnel.ts'
import { openAccounting } from './subscribers/accounting.ts'
import { CappedLegs } from './subscribers/capped-legs.ts'
import { keptSecret } from './subscribers/cookie-secret.ts'
import { keepDoor } from './subscribers/doorkeeper.ts'
import { HOMES_MAX } from './subscribers/homes.ts'
import { IDENTITIES_MAX, Identities } from './subscribers/identities.ts'
import { together } from './subscribers/listeners.ts'
import type { RollChange } from './subscribers/roll.ts'
import { openShaper } from './subscribers/shaper.ts'
import { SOURCES_MAX, Sources } from './subscribers/sources.ts'
import { Tallies } from './subscribers/tallies.ts'
import { TIES_MAX, TieTable } from './subscribers/tie-table.ts'
import { monotonicS, Ties } from './subscribers/ties.ts'
import { whoseAddress } from './subscribers/whose-address.ts'

const { config } = configFrom(
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
  const cappedLegs = CappedLegs.create(HOMES_MAX)
  const tieTable = TieTable.create(TIES_MAX)
  const identities = Identities.create(IDENTITIES_MAX)
  const tallies = Tallies.create(HOMES_MAX)
  const memory = {
    counters: counters.memory,
    workers: config.workers,
    subscriberTallies: tallies.memory,
    sources: Sources.create(SOURCES_MAX, randomInt(2 ** 31)).tallies.memory,
    ties: tieTable.memory,
    cappedLegs: cappedLegs.memory,
    draining: new SharedArrayBuffer(4),
    identities: identities.memory,
  }

  reportForeignAddresses(config.egress.addresses)

  let shapedKbps: ShapedKbps = () => 0
  // The port first: a second concentrator finds it taken, and has not touched the kernel of the first.
  await using probes = await answerProbes(
    config,
    new Ties(tieTable, config.cookies.tieS),
    (subscriber, leg) => shapedKbps(subscriber, leg),
  )
  await using store = await openStore(config)
  using sysctls = openSysctls(join(config.stateDirectory, 'concentrator-sysctls.json'), (why) =>
    log.warn('kernel settings', { why }),
  )
  takeOverMptcp(sysctls)
  const fastOpen = allowFastOpen(sysctls)
  const secret =
    config.cookies.secret ??
    keptSecret(config.stateDirectory, (why) => log.warn('cookie secret', { why }))
  const present = presentHomes(store, config, secret, tallies)
  const settings = streetSettings(config, present.list, host, secret)
  const whose = whoseAddress(present.roll, tieTable, monotonicS).known
  const { roster } = present
  await using shaper = await openShaper(config, whose, cappedLegs, (why) =>
    log.warn('shaper', { why }),
  )
  shapedKbps = shaper.shapedKbps
  await using usage = await openAccounting(config, { identities, roster, store, sysctls, whose })
  await using control = await openControl(config, { store, roster, mint: settings.mint })
  const listeners = together([shaper.listener, usage.listener, control.listener])
  await using door = keepDoor(config.limits.subflowsPerConnection, listeners)
  using _access = tellAccess(counters)
  await using tunnel = await openStreetTunnel(config, present.homes, sysctls, log)
  // Last in, first out: homes arrive when all else stands, and stop before it falls.
  await using workers = await startWorkers<typeof settings & typeof memory, StreetNews, RollChange>(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    { ...settings, ...memory },
    newsWriter((number) => roster.idOf(number)),
  )
  using _homes = present.follow(probes, tunnel, (change) => workers.tell(change))
  using drain = openDrain(memory.draining, () => workers.wake(), config.limits.drainWaitS)
  await using _registration = register(store, config, control, drain)
  const { store: kept, egress, stateDirectory } = config
  const room = { store, drain, concentrator: kept.name, egressPool: egress.addresses }
  const withReasons = { ...room, told: control.told, reach: control.reach }
  await using _api = await serveApi(withReasons, config, makeLocalToken(stateDirectory))

  log.info('ready', {
    port: config.listen.port,
    subscribers: store.homes.ids.length,
    fastOpen,
    ...host,
  })
  await Promise.race([untilAborted(signal), workers.death, door.death])
})
