/**
 * What takes hold of the router for us: routes, rules and capture, names, shaping, and the bar of a month that is
 * spent.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { CpeLog } from '../control/log.ts'
import { type LteBar, openLteBar } from './lte-bar.ts'
import { type NameSets, openNameSets } from './name-sets.ts'
import { openRouter, type Router } from './router.ts'
import { type HouseShaper, openShaper } from './shaper.ts'

export interface Hands extends AsyncDisposable {
  readonly router: Router
  readonly names: NameSets
  readonly shaper: HouseShaper
  readonly bar: LteBar
}

/** Last in, first out: what was taken last is let go first. */
export async function openHands(
  config: CpeConfig,
  log: Pick<CpeLog, 'info' | 'warn'>,
): Promise<Hands> {
  await using held = new AsyncDisposableStack()
  const router = held.use(await openRouter(config, (why) => log.warn('router not set', { why })))
  const names = held.use(
    await openNameSets(
      config,
      (why) => log.warn('names not set', { why }),
      (file) => log.info('resolver to be restarted', { file }),
    ),
  )
  const shaper = held.use(await openShaper(config, (why) => log.warn('shaper not set', { why })))
  const bar = held.use(await openLteBar(config, (why) => log.warn('lte bar not set', { why })))
  const standing = held.move()
  return { router, names, shaper, bar, [Symbol.asyncDispose]: () => standing.disposeAsync() }
}
