/**
 * Bad days of the store: Redis killed, Redis back, Redis back without what it held.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { type Change, KeeperUnavailable } from './keeper.ts'
import { verifierOf } from './records.ts'
import { openRedisKeeper } from './redis-keeper.ts'
import { RedisServer, redisMissing } from './redis-server.fake.ts'
import { Store, type StoreLog } from './store.ts'
import { StoreCache } from './store-cache.ts'
import { Vault } from './vault.ts'

const skip = redisMissing()
const folder = mkdtempSync(join(tmpdir(), 'hybridge-cache-'))
after(() => rmSync(folder, { recursive: true, force: true }))

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

test('a concentrator that starts while Redis is away knows who was there, and goes on when it is back', {
  skip,
}, async () => {
  await using server = new RedisServer()
  await server.start('--appendonly', 'yes')
  const cache = new StoreCache(join(folder, 'known'))
  {
    await using store = await openOn(server, cache)
    await store.commit([home('a'), home('b')], 'op')
    await store.commit([{ kind: 'plan', id: 'gold', after: {}, expected: 0 }], 'op')
    await store.commit(
      [{ kind: 'subscriber', id: 'b', after: undefined, expected: undefined }],
      'op',
    )
  }
  await server.kill()
  const said: string[] = []
  await using store = await openOn(
    server,
    cache,
    paintedLog((what, { help }) => said.push(`${what}: ${String(help)}`)),
  )
  assert.deepEqual([store.homes.ids, store.homes.plans().map(({ id }) => id)], [['a'], ['gold']])
  assert.match(said.join(), /^store is away: homes are as of 20/)
  assert.ok(Math.abs((store.staleSinceMs ?? 0) - Date.now()) < 60_000)
  await assert.rejects(store.commit([home('c')], 'op'), KeeperUnavailable)

  await server.start('--appendonly', 'yes')
  await untilFresh(store)
  await store.commit([home('c')], 'op')
  assert.deepEqual(store.homes.ids, ['a', 'c'])
})

test('without anything known it starts with nobody, and knows all when Redis comes', {
  skip,
}, async () => {
  await using server = new RedisServer()
  const said: string[] = []
  const cache = new StoreCache(join(folder, 'unknown'))
  await using store = await openOn(
    server,
    cache,
    paintedLog((what, { help }) => said.push(`${what}: ${String(help)}`)),
  )
  assert.deepEqual(store.homes.ids, [])
  assert.deepEqual(said, ['store is away: only homes of the file are known'])
  await server.start()
  await untilFresh(store)
  await store.commit([home('a')], 'op')
  assert.deepEqual(store.homes.ids, ['a'])
})

test('a Redis that comes back as another than the one in the cache is not believed', {
  skip,
}, async () => {
  await using server = new RedisServer()
  await server.start()
  const cache = new StoreCache(join(folder, 'other'))
  {
    await using store = await openOn(server, cache)
    await store.commit([home('a')], 'op')
  }
  await server.kill()
  await using store = await openOn(server, cache)
  await server.start()
  for (let i = 0; i < 10; i++) {
    await store.follow()
    await pause(50)
  }
  assert.deepEqual(store.homes.ids, ['a'])
  assert.notEqual(store.staleSinceMs, undefined)
  await assert.rejects(store.commit([home('b')], 'op'), KeeperUnavailable)
})

test('homes of a store that was away at the start are sealed when it is back, and in the cache too', {
  skip,
}, async () => {
  await using server = new RedisServer()
  await server.start('--appendonly', 'yes')
  const cache = new StoreCache(join(folder, 'unsealed'))
  {
    await using store = await openOn(server, cache)
    await store.commit([home('a')], 'op')
  }
  await server.kill()
  assert.match(JSON.stringify(cache.read()), /controlKey/)
  {
    const vault = new Vault(Buffer.alloc(32, 1))
    const keeper = await openRedisKeeper(server.socket)
    await using store = await Store.open(
      keeper,
      [],
      paintedLog(() => undefined),
      { cache, vault },
    )
    assert.deepEqual(store.homes.ids, ['a'])
    await server.start('--appendonly', 'yes')
    await untilFresh(store)
    for (let i = 0; i < 100 && (await keeper.last()) < 2; i++) await pause(20)
    await store.follow()
    assert.doesNotMatch(JSON.stringify((await keeper.read('subscriber', 'a'))?.body), /controlKey/)
  }
  assert.doesNotMatch(JSON.stringify(cache.read()), /controlKey/)
})

test('who finds a store that comes later sealed with another key writes nothing', {
  skip,
}, async () => {
  await using server = new RedisServer()
  await server.start('--appendonly', 'yes')
  const open = async (byte: number, cache: StoreCache) =>
    Store.open(
      await openRedisKeeper(server.socket),
      [],
      paintedLog(() => undefined),
      {
        cache,
        vault: new Vault(Buffer.alloc(32, byte)),
      },
    )
  {
    await using store = await open(1, new StoreCache(join(folder, 'right')))
    const verifier = store.homes.kept('a', verifierOf(randomBytes(16)))
    await store.commit(
      [{ kind: 'subscriber', id: 'a', after: { verifier }, expected: undefined }],
      'op',
    )
  }
  await server.kill()
  const cache = new StoreCache(join(folder, 'wrong'))
  {
    await using store = await open(2, cache)
    await server.start('--appendonly', 'yes')
    await untilFresh(store)
    assert.deepEqual(store.homes.ids, [])
    await assert.rejects(store.commit([home('b')], 'op'), /sealed with another key/)
  }
  assert.equal(cache.read(), undefined)
})

test('a Redis that is full lets a concentrator start', { skip }, async () => {
  await using server = new RedisServer()
  await server.start('--appendonly', 'yes')
  const cache = new StoreCache(join(folder, 'full'))
  {
    await using store = await openOn(server, cache)
    await store.commit([home('a')], 'op')
  }
  await server.kill()
  await server.start('--appendonly', 'yes', '--maxmemory', '100kb')
  await using store = await openOn(server, cache)
  assert.deepEqual(store.homes.ids, ['a'])
  await assert.rejects(store.commit([home('b')], 'op'), KeeperUnavailable)
})

test('a cache that is damaged is none', () => {
  const file = join(folder, 'damaged')
  for (const text of ['', '{', '{"life":"","seq":1}', '{"life":"a","seq":1}\n{"kind":"token"}\n']) {
    writeFileSync(file, text)
    assert.equal(new StoreCache(file).read(), undefined, text)
  }
})

async function openOn(
  server: RedisServer,
  cache?: StoreCache,
  log: StoreLog = paintedLog(() => undefined),
): Promise<Store> {
  return Store.open(await openRedisKeeper(server.socket), [], log, { cache })
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
