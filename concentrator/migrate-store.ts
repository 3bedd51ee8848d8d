#!/usr/bin/env node
/**
 * Move a store: `node concentrator/migrate-store.ts FROM TO`, each a file (SQLite) or a redis:// URL. While it
 * runs no concentrator may use either. What is in FROM stays there.
 */
import { sentenceOf } from '../shared/daemon/log.ts'
import type { Keeper } from './subscribers/keeper.ts'
import { copyStore } from './subscribers/migration.ts'
import { openRedisKeeper } from './subscribers/redis-keeper.ts'
import { openSqliteKeeper } from './subscribers/sqlite-keeper.ts'

const [from = '', to = ''] = process.argv.slice(2)
try {
  await using source = await openKeeper(from)
  await using target = await openKeeper(to)
  console.log(JSON.stringify(await copyStore(source, target)))
} catch (error) {
  console.error(`error: ${sentenceOf(error)}`)
  process.exitCode = 1
}

function openKeeper(where: string): Promise<Keeper> {
  return /^rediss?:/.test(where) ? openRedisKeeper(where) : openSqliteKeeper(where)
}
