#!/usr/bin/env node
/**
 * The home gateway. This file says what runs and in which order, and nothing else.
 *
 * `await using` opens top down and closes bottom up: read downwards to see the start, upwards to see
 * the stop.
 */
import { runDaemon, untilAborted } from '../shared/daemon/lifecycle.ts'
import { surveyHost } from '../shared/relay/host.ts'
import { sharedNowMs } from '../shared/relay/shared-clock.ts'
import { startWorkers } from '../shared/relay/workers.ts'
import { Control } from './control/control.ts'
import { givenHome } from './control/given-home.ts'
import { log } from './control/log.ts'
import { openLookers } from './control/lookers.ts'
import { Moving } from './control/moving.ts'
import { reportNews } from './control/news.ts'
import { openVerdicts } from './control/open-verdicts.ts'
import { openPage } from './control/page/page.ts'
import { LivePolicy } from './control/policy.ts'
import { PolicyLayers } from './control/policy-layers.ts'
import { reloadOnHangup } from './control/reload.ts'
import { SpeedTester } from './control/speed-test/speed-test.ts'
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
import { openHands } from './steering/hands.ts'
import { startSteering } from './steering/steering.ts'

const given = await givenHome(process.argv.slice(2))
const { config, file, readAgain } = given

await runDaemon(async (signal, again) => {
  log.level = config.log.level
  const host = surveyHost({ ...config, ...config.limits })
  const house = openHouse(config, host, sharedNowMs, (stalled) =>
    stalled ? log.warn('data thread stalled') : log.info('data threads turn'),
  )

  // The doors first: a second agent finds them taken, and has not touched the router of the first.
  const settings = houseSettings(config, host, house.memory)
  const report = (news: HouseNews) => reportNews(news, () => steering.suspect())
  await using workers = await startThreads(config.workers, settings, report)
  await using tunnel = config.tunnel.enabled
    ? await openTunnel(config, house.memory.board, log)
    : undefined
  // Last in, first out: the LAN is captured when all else stands, and let go before it falls.
  await using hands = await openHands(config, log)
  const control = new Control(config, house.board, log)
  const unixMs = () => control.clock.unixMs()
  const { board } = house
  const { congestion } = host
  const nowMs = () => performance.now()
  const tested = { config, board, congestion, steering: () => steering, nowMs, unixMs, log }
  using tester = new SpeedTester(tested)
  await using steering = startSteering(config, {
    ...house,
    flows: () => tester.flows(control.flows(house.flows())),
    measuring: () => tester.isMeasuring,
    unixMs,
    ...hands,
    tunnel,
    log,
    wake: () => {
      workers.wake()
      tunnel?.wake()
    },
  })
  const live = new LivePolicy(config, [
    house,
    hands.names,
    steering,
    { adopt: ({ classes }, flows) => workers.tell({ classes, flows }) },
    ...(tunnel === undefined ? [] : [tunnel]),
  ])
  const policy = new PolicyLayers(config, live, log)
  const judged = { ...house, steering, testing: () => tester.isMeasuring, unixMs }
  await using verdicts = await openVerdicts(config, judged, log)
  const moving = new Moving(config, given, log)
  await using _session = await control.start({
    steering,
    policy,
    verdicts,
    moving,
    tester,
    issue: (cookie) => workers.tell(cookie),
  })
  using _reload = reloadOnHangup(config, readAgain, policy)
  const held = config.concentrator.session === undefined ? undefined : control
  const seen = { house, steering, tunnel, session: held, host, verdicts }
  await using _lookers = await openLookers(config, seen, log)
  const shown = { steering, tester, verdicts, board, unixMs, log, file }
  await using _page = await openPage(config, { ...shown, restart: again })

  await Promise.race([steering.settled, untilAborted(signal), workers.death])
  log.info('ready', { subscriber: config.subscriber.id, ...host })
  const places = { status: () => steering.status(), flows: () => house.flows() }
  const moves = moving.until(places, signal).then(again)
  // Awaited here: what is above is undone when this function returns.
  return await Promise.race([untilAborted(signal), workers.death, moves])
})

function startThreads(
  workers: number,
  settings: HouseSettings & HouseMemory,
  report: (news: HouseNews) => void,
) {
  return startWorkers<HouseSettings & HouseMemory, HouseNews, HouseLetter | IssuedCookie>(
    new URL('data/worker.ts', import.meta.url),
    workers,
    settings,
    report,
  )
}
