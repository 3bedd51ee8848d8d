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
import { reportNews } from './control/news.ts'
import { openHouse } from './data/house.ts'
import type { HouseNews } from './data/room.ts'
import { houseSettings } from './data/settings.ts'
import { openTunnel } from './data/tunnel.ts'
import { openRouter } from './steering/router.ts'
import { openShaper } from './steering/shaper.ts'
import { startSteering } from './steering/steering.ts'

const config = configFrom(
  {
    name: 'cpe/main.ts',
    summary: "Bond the home's two lines: capture its TCP, carry it over Multipath TCP.",
    read: (file) => readConfig(cpeConfig, file),
  },
  process.argv.slice(2),
)

await runDaemon(async (signal) => {
  log.level = config.log.level
  const host = surveyHost({ ...config, ...config.limits })
  const house = openHouse(config, host, sharedNowMs, (why) => log.warn('data threads', { why }))

  // The doors first: a second agent finds them taken, and has not touched the router of the first.
  await using workers = await startWorkers(
    new URL('data/worker.ts', import.meta.url),
    config.workers,
    houseSettings(config, host, house.memory),
    (news: HouseNews) => reportNews(news, () => steering.suspect()),
  )
  await using tunnel = config.tunnel.enabled
    ? await openTunnel(config, house.memory.board, log)
    : undefined
  // Last in, first out: the LAN is captured when all else stands, and let go before it falls.
  await using router = await openRouter(config, (why) => log.warn('router', { why }))
  await using _shaper = await openShaper(config, (why) => log.warn('shaper', { why }))
  await using steering = startSteering(config, {
    ...house,
    router,
    tunnel,
    log,
    wake: () => {
      workers.wake()
      tunnel?.wake()
    },
  })

  await Promise.race([steering.settled, untilAborted(signal), workers.death])
  log.info('ready', { subscriber: config.subscriber.id, ...host })
  await Promise.race([untilAborted(signal), workers.death])
})
