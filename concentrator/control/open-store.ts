/**
 * The store that the configuration names, with the homes that the configuration itself names.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import type { FileHome } from '../subscribers/homes.ts'
import type { Keeper } from '../subscribers/keeper.ts'
import { verifierOf } from '../subscribers/records.ts'
import { openRedisKeeper } from '../subscribers/redis-keeper.ts'
import { openSqliteKeeper } from '../subscribers/sqlite-keeper.ts'
import { Store } from '../subscribers/store.ts'
import { StoreCache } from '../subscribers/store-cache.ts'
import { openVault } from '../subscribers/vault.ts'
import { log } from './log.ts'

export async function openStore({
  store,
  subscribers,
}: Pick<ConcentratorConfig, 'store' | 'subscribers'>): Promise<Store> {
  const vault = openVault(store.keyFile)
  const keeper = await openKeeper(store)
  const homes = subscribers.map(fileHome)
  // A file of our own is never away.
  const cache = store.redis === undefined ? undefined : new StoreCache(`${store.file}.cache`)
  const opened = await Store.open(keeper, homes, log, { vault, cache })
  if (!vault.isForeign) return opened
  await opened[Symbol.asyncDispose]()
  const help = 'put the right one there, such as that of another concentrator that shares it'
  throw new Error(
    `Cannot open the store: ${store.keyFile} is not the key it is sealed with; ${help}`,
  )
}

function openKeeper({
  file,
  redis,
}: Pick<ConcentratorConfig['store'], 'file' | 'redis'>): Promise<Keeper> {
  return redis === undefined ? openSqliteKeeper(file) : openRedisKeeper(redis)
}

function fileHome({
  id,
  cookie,
  secret,
  verifier,
  prefixes,
  acl,
}: ConcentratorConfig['subscribers'][number]): FileHome {
  const session = verifier ?? (secret && credentialOf(secret).verifier)
  return { id, verifier: verifierOf(cookie, session), prefixes, acl }
}
