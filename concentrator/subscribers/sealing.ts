/**
 * Records from before there were seals, sealed once the store is heard (ADR 0045): of several concentrators the quickest
 * does it, and a full disk keeps nobody out.
 */
import { sentenceOf } from '../../shared/daemon/log.ts'
import type { StreetLog } from '../control/log.ts'
import type { Homes } from './homes.ts'
import type { Change, Keeper } from './keeper.ts'
import type { Store } from './store.ts'

/** Does not reject. */
export async function sealHomes(
  store: Pick<Store, 'commit'> & { readonly homes: Homes; readonly keeper: Pick<Keeper, 'strike'> },
  log: Pick<StreetLog, 'info' | 'warn'>,
): Promise<void> {
  const changes = [...store.homes.unsealed()].map(({ home: { id, version }, body }): Change => {
    return { kind: 'subscriber', id, after: body, expected: version }
  })
  if (changes.length === 0) return
  try {
    const { kind } = await store.commit(changes, 'seal')
    await store.keeper.strike(['probeKey', 'controlKey'])
    log.info('homes were sealed', { homes: changes.length, done: kind === 'done' })
  } catch (error) {
    // They are sealed at a later start.
    log.warn('homes were not sealed', { why: sentenceOf(error) })
  }
}
