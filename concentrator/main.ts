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
import { allowFastOpen, openSysctls, takeOverMptcp } from '../shared/linux/sysctl.ts'
import { surveyHost } from '../shared/relay/host.ts'
import { sharedNowMs } from '../shared/relay/shared-clock.ts'
import { startWorkers } from '../shared/relay/workers.ts'
import { serveApi } from './control/api/server.ts'
import { openControl } from './control/control.ts'
import { openDrain } from './control/drain.ts'
import { exportMetrics } from './control/exporter.ts'
import { reportForeignAddresses } from './control/foreign-addresses.ts'
import { shapeHomes } from './control/home-rates.ts'
import { keepHomesDoor } from './control/homes-door.ts'
import { makeLocalToken } from './control/local-token.ts'
import { log } from './control/log.ts'
import { newsWriter } from './control/news.ts'
import { openStore } from './control/open-store.ts'
import { presentHomes } from './control/present-homes.ts'
import { answerProbes } from './control/probe-responder.ts'
import { openRadiusAccounting, openRadiusChanges } from './control/radius/radius.ts'
import { register } from './control/register.ts'
import { openFacts } from './control/street-facts.ts'
import { streetMemory } from './control/street-memory.ts'
import { openTranslationLog } from './control/translation-writer.ts'
import type { StreetNews } from './data/room.ts'
import { streetSettings } from './data/settings.ts'
import { openStreetTunnel } from './data/tunnel.ts'
import { openAccounting } from './subscribers/accounting.ts'
import { keptSecret } from './subscribers/cookie-secret.ts'
import { together } from './subscribers/listeners.ts'
import type { RollChange } from './subscribers/roll.ts'
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
  const shares = streetMemory(config)
  const { counters, cappedLegs, tieTable, identities, tallies, tunnelled, waits, memory } = shares
  reportForeignAddresses(config.egress.addresses)

  let shapedKbps = (_subscriber: number, _leg: number) => 0
  // The port first: a second concentrator finds it taken, and has not touched the kernel of the first.
  await using probes = await answerProbes(
    config,
    new Ties(tieTable, config.cookies.tieS),
    (subscriber, leg) => ({
      shapedKbps: shapedKbps(subscriber, leg),
      unsent: shares.unsentLegs.has(subscriber, leg, sharedNowMs()),
    }),
  )
  await using store = await openStore(config)
  using sysctls = openSysctls(join(config.stateDirectory, 'concentrator-sysctls.json'), (why) =>
    log.warn('kernel setting not set', { why }),
  )
  takeOverMptcp(sysctls)
  const fastOpen = allowFastOpen(sysctls)
  const secret =
    config.cookies.secret ??
    keptSecret(config.stateDirectory, (why) => log.warn('cookie secret made anew', { why }))
  const present = presentHomes(store, config, secret, tallies)
  const settings = streetSettings(config, present.list, host, secret)
  const whose = whoseAddress(present.roll, tieTable, monotonicS).known
  const { roster } = present
  await using shaper = await shapeHomes(config, { store, roster, whose, capped: cappedLegs })
  shapedKbps = shaper.shapedKbps
  await using accounted = await openRadiusAccounting(config)
  const { used } = accounted
  const parts = { identities, roster, store, sysctls, whose, tunnel: tunnelled, used }
  await using usage = await openAccounting(config, parts)
  const { mint } = settings
  await using control = await openControl(config, { store, roster, mint, watch: accounted, waits })
  const listeners = together([shaper.listener, usage.listener, control.listener])
  await using door = keepHomesDoor(config, { identities, control, present }, listeners)
  await using _facts = await openFacts(config, { counters, drain: memory.draining, store })
  const shared = { usage: tunnelled, cappedLegs }
  await using tunnel = await openStreetTunnel(config, present.homes, shared, sysctls, log)
  await using translations = await openTranslationLog(config, roster)
  // Last in, first out: homes arrive when all else stands, and stop before it falls.
  await using workers = await startWorkers<typeof settings & typeof memory, StreetNews, RollChange>(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    { ...settings, ...memory },
    newsWriter(roster, translations),
  )
  using homes = present.follow(probes, tunnel, (change) => workers.tell(change))
  using drain = openDrain(memory.draining, () => workers.wake(), config.limits.drainWaitS)
  await using _changes = await openRadiusChanges(config, { store, control, accounted, homes })
  await using _registration = register(store, config, control, drain)
  const { store: kept, egress, stateDirectory } = config
  const room = { ...control, store, drain, concentrator: kept.name, egressPool: egress.addresses }
  await using _api = await serveApi(room, config, makeLocalToken(stateDirectory))

  const seen = { counters, tallies, roster, store, door, probes, control, tunnel, drain, settings }
  await using _metrics = await exportMetrics(config, seen)

  await probes.begin()
  const subscribers = store.homes.ids.length
  log.info('ready', { port: config.listen.port, subscribers, fastOpen, ...host })
  await Promise.race([untilAborted(signal), workers.death, door.death])
})
