/**
 * Bad days of the store: Redis killed, Redis back, Redis back without what it held.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { type Change, KeeperUnavailable } from './keeper.ts'
import { verifierOf } from './records.ts'
import { openRedisKeeper } from './redis-keeper.ts'
import { RedisServer, redisMissing } from './redis-server.fake.ts'
import { Store } from './store.ts'

const skip = redisMissing()

test('without Redis homes go on as last known, and changes are refused at once', {
  skip,
}, async () => {
  await using server = new RedisServer()
  await server.start('--appendonly', 'yes')
  await using store = await openOn(server)
  await store.commit([home('a')], 'op')
  await server.kill()
  const startMs = performance.now()
  await assert.rejects(store.commit([home('b')], 'op'), KeeperUnavailable)
  assert.ok(performance.now() - startMs < 5_000)
  await store.follow()
  assert.notEqual(store.staleSinceMs, undefined)
  assert.deepEqual(store.homes.ids, ['a'])

  await server.start('--appendonly', 'yes')
  await untilFresh(store)
  await store.commit([home('b')], 'op')
  assert.deepEqual(store.homes.ids, ['a', 'b'])
})

test('what others changed while one could not hear is heard when it can', { skip }, async () => {
  await using server = new RedisServer()
  await server.start()
  await using store = await openOn(server)
  await using other = await openOn(server)
  for (let i = 0; i < 1_200; i++) await other.commit([home(`h-${i}`)], 'op')
  await store.follow()
  assert.equal(store.homes.ids.length, 1_200)
})

test('Redis back without what it held changes nothing here, and takes no changes', {
  skip,
}, async () => {
  await using server = new RedisServer()
  await server.start()
  await using store = await openOn(server)
  await store.commit([home('a')], 'op')
  await server.kill()
  await server.start()
  for (let i = 0; i < 40 && store.staleSinceMs === undefined; i++) {
    await store.follow()
    await pause(50)
  }
  await pause(200)
  await store.follow()
  assert.deepEqual(store.homes.ids, ['a'])
  await assert.rejects(store.commit([home('b')], 'op'), KeeperUnavailable)
})

async function openOn(server: RedisServer): Promise<Store> {
  return Store.open(await openRedisKeeper(server.socket), [], () => undefined)
}

async function untilFresh(store: Store): Promise<void> {
  for (let i = 0; i < 100; i++) {
    await store.follow()
    if (store.staleSinceMs === undefined) return
    await pause(50)
  }
  assert.fail('the store did not come back')
}

function home(id: string): Change {
  const after = { verifier: { ...verifierOf(randomBytes(16)) } }
  return { kind: 'subscriber', id, after, expected: undefined }
}
