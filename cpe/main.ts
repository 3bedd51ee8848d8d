#!/usr/bin/env node
/**
 * The home gateway. This file says what runs and in which order, and nothing else.
 *
 * `await using` opens top down and closes bottom up: read downwards to see the start, upwards to see
 * the stop.
 */
import { cpeConfig } from '../shared/config/cpe.ts'
import { readConfig } from '../shared/config/document.ts'
import { configFrom } from '../shared/daemon/arguments.ts'
import { runDaemon, untilAborted } from '../shared/daemon/lifecycle.ts'
import { log } from '../shared/daemon/log.ts'
import { surveyHost } from '../shared/relay/host.ts'
import { sharedNowMs } from '../shared/relay/shared-clock.ts'
import { startWorkers } from '../shared/relay/workers.ts'
import { Control } from './control/control.ts'
import { reportNews } from './control/news.ts'
import { openVerdicts } from './control/open-verdicts.ts'
import { openPage } from './control/page/page.ts'
import { LivePolicy } from './control/policy.ts'
import { PolicyLayers } from './control/policy-layers.ts'
import { reloadOnHangup } from './control/reload.ts'
import { sayFactsOnSignal } from './control/say-facts.ts'
import { SpeedTester } from './control/speed-test/speed-test.ts'
import { verdictFacts } from './control/verdict-facts.ts'
import { openHouse } from './data/house.ts'
import type {
  HouseLetter,
  HouseMemory,
  HouseNews,
  HouseSettings,
  IssuedCookie,
} from './data/room.ts'
import { houseSettings } from './data/settings.ts'
import { openTunnel } from './data/tunnel.ts'
import { openLteBar } from './steering/lte-bar.ts'
import { openNameSets } from './steering/name-sets.ts'
import { openRouter } from './steering/router.ts'
import { openShaper } from './steering/shaper.ts'
import { startSteering } from './steering/steering.ts'

const { config, readAgain } = configFrom(
  {
    name: 'cpe/main.ts',
    summary: "Bond the home's two lines: capture its TCP, carry it over Multipath TCP.",
    read: (file) => readConfig(cpeConfig, file),
  },
  process.argv.slice(2),
)

await runDaemon(async (signal, again) => {
  log.level = config.log.level
  const host = surveyHost({ ...config, ...config.limits })
  const house = openHouse(config, host, sharedNowMs, (why) => log.warn('data threads', { why }))

  // The doors first: a second agent finds them taken, and has not touched the router of the first.
  await using workers = await startWorkers<
    HouseSettings & HouseMemory,
    HouseNews,
    HouseLetter | IssuedCookie
  >(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    houseSettings(config, host, house.memory),
    (news) => reportNews(news, () => steering.suspect()),
  )
  await using tunnel = config.tunnel.enabled
    ? await openTunnel(config, house.memory.board, log)
    : undefined
  // Last in, first out: the LAN is captured when all else stands, and let go before it falls.
  await using router = await openRouter(config, (why) => log.warn('router', { why }))
  await using names = await openNameSets(
    config,
    (why) => log.warn('names', { why }),
    (file) => log.info('restart the resolver to tell addresses of names', { file }),
  )
  await using shaper = await openShaper(config, (why) => log.warn('shaper', { why }))
  await using bar = await openLteBar(config, (why) => log.warn('lte bar', { why }))
  const control = new Control(config, house.board, log)
  const unixMs = () => control.clock.unixMs()
  const { board } = house
  const { congestion } = host
  const tested = { config, board, congestion, steering: () => steering, unixMs, log }
  using tester = new SpeedTester(tested)
  await using steering = startSteering(config, {
    ...house,
    flows: () => tester.flows(control.flows(house.flows())),
    measuring: () => tester.isMeasuring,
    unixMs,
    router,
    shaper,
    bar,
    tunnel,
    log,
    wake: () => {
      workers.wake()
      tunnel?.wake()
    },
  })
  const live = new LivePolicy(config, [
    house,
    names,
    steering,
    { adopt: ({ classes }, flows) => workers.tell({ classes, flows }) },
  ])
  const policy = new PolicyLayers(config, live, log)
  await using verdicts = await openVerdicts(config, { ...house, steering, unixMs }, log)
  await using _session = await control.start({
    steering,
    policy,
    verdicts,
    issue: (cookie) => workers.tell(cookie),
  })
  using _reload = reloadOnHangup(config, readAgain, policy)
  using _facts = sayFactsOnSignal(() => ({ ...steering.facts(), ...verdictFacts(verdicts) }))
  const shown = { steering, tester, verdicts, board, unixMs, log }
  await using _page = await openPage(config, { ...shown, restart: again })

  await Promise.race([steering.settled, untilAborted(signal), workers.death])
  log.info('ready', { subscriber: config.subscriber.id, ...host })
  await Promise.race([untilAborted(signal), workers.death])
})
