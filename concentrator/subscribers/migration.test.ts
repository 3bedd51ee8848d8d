import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Change, JsonObject, Keeper } from './keeper.ts'
import { copyStore } from './migration.ts'
import { openRedisKeeper } from './redis-keeper.ts'
import { RedisServer, redisMissing } from './redis-server.fake.ts'
import { openSqliteKeeper } from './sqlite-keeper.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-move-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a store moved to Redis and back is what it was', { skip: redisMissing() }, async () => {
  await using server = new RedisServer()
  await server.start()
  await using first = await openSqliteKeeper(join(folder, 'first.db'))
  await using redis = await openRedisKeeper(server.socket)
  await using last = await openSqliteKeeper(join(folder, 'last.db'))
  await first.commit([put('a', { x: [], y: {} }), put('b', { n: 1 })], 'anna', 1_000)
  await first.commit([put('a', undefined)], 'berta', 2_000)
  await first.commit([put('a', { x: ['ü', '"'] })], 'anna', 3_000)
  const nowMs = Date.now()
  const octets = { dslUp: 1, dslDown: 2, lteUp: 3, lteDown: 4 }
  const uses = [nowMs, nowMs - 40 * 86_400_000].map((atMs) => {
    return { subscriber: 'a', carrier: 'tcp' as const, atMs, ...octets }
  })
  await first.addUsage({ source: 'c', number: 1, uses }, nowMs)

  const told = await all(first)
  assert.deepEqual(await copyStore(first, redis), { entries: 4, records: 2, usageRows: 4 })
  assert.deepEqual(await all(redis), told)
  await copyStore(redis, last)
  assert.deepEqual(await all(last), told)
  await assert.rejects(copyStore(redis, last), /there is something in the other/)
})

async function all(keeper: Keeper): Promise<unknown> {
  return {
    records: [await keeper.read('subscriber', 'a'), await keeper.read('subscriber', 'b')],
    journal: await keeper.journal({ max: 100 }),
    days: await keeper.usage('a', 'day', 0, 1e11),
    last: await keeper.last(),
  }
}

function put(id: string, body: JsonObject | undefined): Change {
  return { kind: 'subscriber', id, after: body, expected: undefined }
}
