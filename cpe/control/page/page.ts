/**
 * The page in the home (ADR 0050), put together and supervised: a mistake in it takes the page away for a second, and
 * no flow.
 *
 *    steering, counters ─▶ line watch ─┬─▶ live: server-sent events
 *                                      ├─▶ kept day: a file
 *                                      └─▶ server ◀─ doors: the LAN, and this machine's root
 */
import type { CpeConfig } from '../../../shared/config/cpe.ts'
import { type Fail, guarded, supervise } from '../../../shared/daemon/supervise.ts'
import { readCounters } from '../../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../../shared/linux/netlink.ts'
import type { LegBoard } from '../../../shared/relay/leg-board.ts'
import type { CpeLog } from '../log.ts'
import type { RunningVerdicts } from '../open-verdicts.ts'
import type { SpeedTester } from '../speed-test/speed-test.ts'
import { readAssets } from './assets.ts'
import { BundleMaker } from './bundle-maker.ts'
import { Doors } from './doors.ts'
import { Password } from './guard.ts'
import { KeptDay } from './kept-day.ts'
import { LineWatch, type WatchedSteering } from './line-watch.ts'
import { Live } from './live.ts'
import { buildPage } from './server.ts'

export interface PageOutside {
  readonly steering: WatchedSteering
  readonly tester: Pick<SpeedTester, 'isMeasuring' | 'start' | 'state' | 'stop' | 'watch'>
  readonly verdicts: Pick<RunningVerdicts, 'now' | 'over'>
  readonly board: Pick<LegBoard, 'leg'>
  readonly unixMs: () => number
  readonly log: Pick<CpeLog, 'error' | 'warn'>
  /** Where the configuration stands. */
  readonly file: string
  /** The agent shall end and begin anew. */
  readonly restart: () => void
}

type PageConfig = Pick<CpeConfig, 'lan' | 'page' | 'stateDirectory' | 'subscriber'>

/** Until disposed of. */
export async function openPage(config: PageConfig, outside: PageOutside): Promise<AsyncDisposable> {
  return supervise(
    (fail) => startPage(config, outside, fail),
    (why, againMs) => outside.log.error('page failed', { why, againMs }),
  )
}

async function startPage(
  config: PageConfig,
  { steering, tester, verdicts, board, unixMs, log, file, restart }: PageOutside,
  fail: Fail,
): Promise<AsyncDisposable> {
  await using opened = new AsyncDisposableStack()
  const complain = (why: string) => log.warn('page not whole', { why })
  const route = opened.use(new NetlinkSocket(Netlink.route))
  const password = new Password(config.page.password, () => performance.now())
  const watch = new LineWatch({
    steering,
    counters: (leg) => readCounters(route, board.leg(leg).ifIndex),
    // What a test does to the lines limits nobody.
    limit: () => (tester.isMeasuring ? undefined : limitNow(verdicts, unixMs())),
    manageable: password.isSet,
    nowMs: () => performance.now(),
    unixMs,
  })
  const kept = new KeptDay(config.stateDirectory, watch, complain, performance.now())
  kept.read()
  opened.defer(() => kept.write(unixMs()))
  const live = opened.use(new Live())
  opened.use(tester.watch((state) => live.tell('test', state)))
  const assets = readAssets()
  if (assets === undefined) complain('It was not built, and shows little; run npm run page')
  const bundles = opened.use(new BundleMaker(config, file, unixMs))
  const app = await buildPage({
    watch,
    live,
    tester,
    assets,
    names: config.page.names,
    password,
    isLocal: (request) => doors.isLocal(request),
    restart,
    bundle: () => bundles.make(),
    nowMs: () => performance.now(),
    failed: (error) => log.error('page request failed', { why: String(error) }),
  })
  opened.defer(() => app.close())
  const doors = opened.use(
    new Doors(config, (request, response) => app.routing(request, response), fail),
  )
  try {
    await doors.openLocal()
  } catch (error) {
    complain(`No socket for the command line: ${String(error)}`)
  }
  // The command line is answered all the same.
  const { enabled } = config.page
  if (enabled) doors.look(complain)
  let looks = 0
  const look = () => {
    live.tell('state', watch.look())
    kept.look(performance.now(), unixMs())
    if (enabled && ++looks % DOORS_EVERY === 0) doors.look(complain)
  }
  const looking = setInterval(() => void guarded(fail, look), LOOK_MS)
  opened.defer(() => clearInterval(looking))
  watch.look()
  return opened.move()
}

/** Over a minute, so that a moment is no news. */
function limitNow(verdicts: Pick<RunningVerdicts, 'now' | 'over'>, unixMs: number) {
  const fresh = unixMs - (verdicts.now?.home.atMs ?? -Infinity) < FRESH_MS
  return fresh ? verdicts.over(LIMIT_MS)?.limit : undefined
}

const LOOK_MS = 1_000
const LIMIT_MS = 60_000
/** Two intervals, and the time until they are judged. */
const FRESH_MS = 40_000
/** In looks. */
const DOORS_EVERY = 5
