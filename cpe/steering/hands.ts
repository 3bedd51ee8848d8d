/**
 * What takes hold of the router for us: routes, rules and capture, names, shaping, and the bar of a month that is
 * spent.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import type { Log } from '../../shared/daemon/log.ts'
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
  log: Pick<Log, 'info' | 'warn'>,
): Promise<Hands> {
  const complain = (what: string) => (why: string) => log.warn(what, { why })
  await using held = new AsyncDisposableStack()
  const router = held.use(await openRouter(config, complain('router')))
  const names = held.use(
    await openNameSets(config, complain('names'), (file) =>
      log.info('restart the resolver to tell addresses of names', { file }),
    ),
  )
  const shaper = held.use(await openShaper(config, complain('shaper')))
  const bar = held.use(await openLteBar(config, complain('lte bar')))
  const standing = held.move()
  return { router, names, shaper, bar, [Symbol.asyncDispose]: () => standing.disposeAsync() }
}
