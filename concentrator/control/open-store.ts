/**
 * The store that the configuration names, with the homes that the configuration itself names.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { log } from '../../shared/daemon/log.ts'
import type { FileHome } from '../subscribers/homes.ts'
import type { Keeper } from '../subscribers/keeper.ts'
import { verifierOf } from '../subscribers/records.ts'
import { openRedisKeeper } from '../subscribers/redis-keeper.ts'
import { openSqliteKeeper } from '../subscribers/sqlite-keeper.ts'
import { Store } from '../subscribers/store.ts'
import { StoreCache } from '../subscribers/store-cache.ts'

export async function openStore({
  store,
  subscribers,
}: Pick<ConcentratorConfig, 'store' | 'subscribers'>): Promise<Store> {
  const keeper = await openKeeper(store)
  // A file of our own is never away.
  const cache = store.redis === undefined ? undefined : new StoreCache(`${store.file}.cache`)
  const say = (what: string, fields: object) => log.warn(what, { ...fields })
  return await Store.open(keeper, subscribers.map(fileHome), say, cache)
}

function openKeeper({ file, redis }: ConcentratorConfig['store']): Promise<Keeper> {
  return redis === undefined ? openSqliteKeeper(file) : openRedisKeeper(redis)
}

function fileHome({
  id,
  cookie,
  prefixes,
  acl,
}: ConcentratorConfig['subscribers'][number]): FileHome {
  return { id, verifier: verifierOf(cookie), prefixes, acl }
}
