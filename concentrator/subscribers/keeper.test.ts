/**
 * What every keeper owes the store, whatever it keeps the records in.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Redis } from 'ioredis'
import type { Change, Keeper, KeptKind, KeptRecord, PassingKind, Use } from './keeper.ts'
import { openRedisKeeper } from './redis-keeper.ts'
import { RedisServer, redisMissing } from './redis-server.fake.ts'
import { openSqliteKeeper } from './sqlite-keeper.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-keeper-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0

const server = new RedisServer()
const skip = redisMissing()
before(async () => {
  if (!skip) await server.start()
})
after(() => server[Symbol.asyncDispose]())

contract('sqlite', false, openSqlite)
contract('redis', skip, async () => {
  await using client = new Client(server.socket)
  await client.flushall()
  return openRedisKeeper(server.socket)
})

test('sqlite forgets old usage bit by bit, also when a clock jumps ahead', async () => {
  await using keeper = await openSqlite()
  const dayMs = 86_400_000
  const startMs = Date.UTC(2026, 0, 1)
  for (let day = 0; day < 10; day++) {
    const atMs = startMs + day * dayMs
    const batch = { source: 'c', number: day + 1, uses: [use('home-1', atMs, 1)] }
    await keeper.addUsage(batch, atMs)
  }
  const hours = async () => (await keeper.usage('home-1', 'hour', 0, 1e12)).length
  assert.equal(await hours(), 10)
  const nothing = (number: number) => ({ source: 'c', number, uses: [] })
  await keeper.addUsage(nothing(11), startMs + 36 * dayMs)
  assert.equal(await hours(), 9)
  await keeper.addUsage(nothing(12), startMs + 4_000 * dayMs)
  assert.equal(await hours(), 7)
})

test('sqlite lets nobody else read its files, also those that somebody could', async () => {
  const directory = mkdtempSync(join(folder, 'open-'))
  writeFileSync(join(directory, 'old.db'), '', { mode: 0o644 })
  for (const name of ['old.db', 'new.db']) {
    await using keeper = await openSqliteKeeper(join(directory, name))
    await keeper.commit([put('home-1', {}, 0)], 'op', 0)
    const files = readdirSync(directory).filter((file) => file.startsWith(name))
    assert.ok(files.length > 1, files.join())
    for (const file of files) {
      assert.equal(statSync(join(directory, file)).mode & 0o777, 0o600, file)
    }
  }
})

test('redis says when somebody has changed something', { skip }, async () => {
  await using keeper = await openRedisKeeper(server.socket)
  await using other = await openRedisKeeper(server.socket)
  const { promise, resolve } = Promise.withResolvers<number>()
  using _ears = keeper.onNews(resolve)
  const committed = await other.commit([put('news', {}, undefined)], 'op', 0)
  assert.ok(committed.kind === 'done')
  assert.equal(await promise, committed.last)
})

test('redis lets go of old usage by itself', { skip }, async () => {
  await using keeper = await openRedisKeeper(server.socket)
  const atMs = Date.now()
  await keeper.addUsage({ source: 'ttl', number: 1, uses: [use('home-ttl', atMs, 1)] }, atMs)
  await using client = new Client(server.socket)
  const keys = await client.keys('*usage*home-ttl')
  assert.equal(keys.length, 2)
  for (const key of keys) {
    const days = (await client.ttl(key)) / 86_400
    assert.ok(days > 35 && days < 433, `${key}: ${days} days`)
  }
})

function openSqlite(): Promise<Keeper> {
  return openSqliteKeeper(join(folder, `${files++}.db`))
}

/** `open` gives an empty one. */
function contract(name: string, skip: string | false, open: () => Promise<Keeper>): void {
  test(`${name} keeps what was committed, with its version`, { skip }, async () => {
    await using keeper = await open()
    const committed = await keeper.commit([put('home-1', { plan: 'a' }, 0)], 'op', 1_000)
    assert.ok(committed.kind === 'done')
    assert.deepEqual(await keeper.read('subscriber', 'home-1'), {
      id: 'home-1',
      version: committed.last,
      body: { plan: 'a' },
    })
    assert.equal(await keeper.read('subscriber', 'home-2'), undefined)
    assert.equal(await keeper.read('plan', 'home-1'), undefined)
  })

  test(`${name} commits all or nothing`, { skip }, async () => {
    await using keeper = await open()
    await keeper.commit([put('home-1', { a: 1 }, 0)], 'op', 0)
    const before = await keeper.last()
    const version = (await keeper.read('subscriber', 'home-1'))?.version
    const committed = await keeper.commit(
      [put('home-2', { a: 2 }, 0), put('home-1', { a: 3 }, 0)],
      'op',
      0,
    )
    assert.deepEqual(committed, {
      kind: 'conflict',
      at: { kind: 'subscriber', id: 'home-1' },
      version,
    })
    assert.equal(await keeper.last(), before)
    assert.equal(await keeper.read('subscriber', 'home-2'), undefined)
  })

  test(`${name} lets one of two writers win`, { skip }, async () => {
    await using keeper = await open()
    await keeper.commit([put('home-1', { a: 0 }, 0)], 'op', 0)
    const { version } = (await keeper.read('subscriber', 'home-1'))!
    const ends = await Promise.all(
      Array.from({ length: 10 }, (_, i) =>
        keeper.commit([put('home-1', { a: i + 1 }, version)], `op-${i}`, 0),
      ),
    )
    assert.equal(ends.filter(({ kind }) => kind === 'done').length, 1)
  })

  test(`${name} never gives a version twice, also after a record was removed`, {
    skip,
  }, async () => {
    await using keeper = await open()
    const versions: number[] = []
    for (let round = 0; round < 3; round++) {
      await keeper.commit([put('home-1', { round }, 0)], 'op', 0)
      versions.push((await keeper.read('subscriber', 'home-1'))!.version)
      const removed = await keeper.commit([put('home-1', undefined, versions.at(-1))], 'op', 0)
      assert.equal(removed.kind, 'done')
      assert.equal(await keeper.read('subscriber', 'home-1'), undefined)
    }
    assert.deepEqual(
      versions,
      [...new Set(versions)].toSorted((a, b) => a - b),
    )
  })

  test(`${name} journals who changed what, when, from what and into what`, { skip }, async () => {
    await using keeper = await open()
    await keeper.commit([put('home-1', { a: 1 }, 0)], 'anna', 1_000)
    await keeper.commit([put('home-2', { b: 1 }, 0)], 'anna', 2_000)
    await keeper.commit([put('home-1', { a: 2 }, undefined)], 'berta', 3_000)
    await keeper.commit([put('home-1', undefined, undefined)], 'carla', 4_000)
    const told = async (query: Parameters<Keeper['journal']>[0]) =>
      (await keeper.journal(query)).map(({ atMs, who, id, before, after }) => [
        atMs,
        who,
        id,
        before,
        after,
      ])
    const ofHome = [
      [4_000, 'carla', 'home-1', { a: 2 }, undefined],
      [3_000, 'berta', 'home-1', { a: 1 }, { a: 2 }],
      [1_000, 'anna', 'home-1', undefined, { a: 1 }],
    ]
    assert.deepEqual(await told({ kind: 'subscriber', id: 'home-1', max: 10 }), ofHome)
    assert.deepEqual((await told({ max: 10 })).length, 4)
    assert.deepEqual(await told({ kind: 'plan', max: 10 }), [])
    const [newest] = await keeper.journal({ max: 1 })
    assert.deepEqual(
      await told({ kind: 'subscriber', id: 'home-1', before: newest!.seq, max: 1 }),
      ofHome.slice(1, 2),
    )
  })

  test(`${name} can be followed, piece by piece`, {
    skip,
  }, async () => {
    await using keeper = await open()
    const start = await keeper.last()
    for (let i = 0; i < 5; i++) await keeper.commit([put(`home-${i}`, { i }, 0)], 'op', i)
    const first = await keeper.follow(start, 3)
    assert.ok(first.kind === 'entries')
    assert.deepEqual(
      first.entries.map(({ id }) => id),
      ['home-0', 'home-1', 'home-2'],
    )
    const rest = await keeper.follow(first.entries.at(-1)!.seq, 3)
    assert.ok(rest.kind === 'entries')
    assert.deepEqual(
      rest.entries.map(({ after }) => after),
      [{ i: 3 }, { i: 4 }],
    )
    assert.deepEqual(await keeper.follow(await keeper.last(), 3), { kind: 'entries', entries: [] })
    assert.deepEqual(await keeper.follow((await keeper.last()) + 1, 3), { kind: 'gap' })
  })

  test(`${name} takes 20,000 changes at once, and gives all records of a kind`, {
    skip,
  }, async () => {
    await using keeper = await open()
    const many = Array.from({ length: 20_000 }, (_, i) => put(`home-${i}`, { n: i }, 0))
    const committed = await keeper.commit(many, 'op', 0)
    assert.equal(committed.kind, 'done')
    const found = await everything(keeper, 'subscriber')
    assert.equal(found.size, 20_000)
    assert.deepEqual(found.get('home-1234')?.body, { n: 1_234 })
    assert.equal((await everything(keeper, 'plan')).size, 0)
  })

  test(`${name} keeps what passes without a journal`, { skip }, async () => {
    await using keeper = await open()
    const last = await keeper.last()
    await keeper.put('session', 'home-1', { on: 'a' })
    await keeper.put('session', 'home-1', { on: 'b' })
    await keeper.put('session', 'home-2', { on: 'a' })
    await keeper.drop('session', 'home-2')
    await keeper.drop('session', 'home-3')
    assert.deepEqual([...(await everything(keeper, 'session')).keys()], ['home-1'])
    assert.deepEqual((await keeper.read('session', 'home-1'))?.body, { on: 'b' })
    assert.equal(await keeper.last(), last)
  })

  test(`${name} counts a batch of usage once, whoever says it again`, { skip }, async () => {
    await using keeper = await open()
    const atMs = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth(), 0, 23, 59, 59, 999)
    const batch = { source: 'c-1 boot-1', number: 1, uses: [use('home-1', atMs, 10)] }
    assert.equal(await keeper.addUsage(batch, atMs), true)
    assert.equal(await keeper.addUsage(batch, atMs), false)
    assert.equal(await keeper.addUsage({ ...batch, number: 3 }, atMs), true)
    assert.equal(await keeper.addUsage({ ...batch, number: 2 }, atMs), false)
    assert.equal(await keeper.addUsage({ ...batch, source: 'c-2 boot-1' }, atMs), true)
    const hour = (atMs + 1) / 1_000 - 3_600
    assert.deepEqual(await keeper.usage('home-1', 'hour', hour, hour + 3_600), [
      { atS: hour, carrier: 'tcp', dslUp: 30, dslDown: 60, lteUp: 90, lteDown: 120 },
    ])
    assert.deepEqual(await keeper.usage('home-1', 'hour', hour + 3_600, hour + 7_200), [])
    assert.deepEqual(await keeper.usage('home-2', 'hour', 0, hour + 7_200), [])
  })

  test(`${name} keeps hours, days and carriers apart`, { skip }, async () => {
    await using keeper = await open()
    const midnight = Date.UTC(new Date().getUTCFullYear(), new Date().getUTCMonth())
    const uses: Use[] = [
      use('home-1', midnight - 1, 1),
      use('home-1', midnight, 2),
      use('home-1', midnight + 3_600_000, 4),
      { ...use('home-1', midnight, 8), carrier: 'tunnel' },
    ]
    await keeper.addUsage({ source: 'c', number: 1, uses }, midnight)
    const told = async (span: 'hour' | 'day') =>
      (await keeper.usage('home-1', span, 0, midnight / 1_000 + 86_400)).map(
        ({ atS, carrier, dslUp }) => [atS - midnight / 1_000, carrier, dslUp],
      )
    assert.deepEqual(await told('day'), [
      [-86_400, 'tcp', 1],
      [0, 'tcp', 6],
      [0, 'tunnel', 8],
    ])
    assert.deepEqual(await told('hour'), [
      [-3_600, 'tcp', 1],
      [0, 'tcp', 2],
      [0, 'tunnel', 8],
      [3_600, 'tcp', 4],
    ])
  })

  test(`${name} strikes what it is told to from its journal, and nothing else`, {
    skip,
  }, async () => {
    await using keeper = await open()
    const keys = { key: 'c0ffee', keys: 'c0ffee', list: [], empty: {} }
    await keeper.commit([put('home-1', { verifier: keys }, 0)], 'op', 1)
    await keeper.commit([put('home-1', { verifier: { key: 'abc' } }, undefined)], 'op', 2)
    await keeper.strike(['key', 'other'])
    const entries = await keeper.journal({ kind: 'subscriber', id: 'home-1', max: 9 })
    const struck = { ...keys, key: '' }
    assert.deepEqual(
      entries.map(({ seq, who, before, after }) => [seq, who, before, after]),
      [
        [2, 'op', { verifier: struck }, { verifier: { key: '' } }],
        [1, 'op', undefined, { verifier: struck }],
      ],
    )
    assert.deepEqual((await keeper.follow(0, 9)).kind, 'entries')
    const { body } = (await keeper.read('subscriber', 'home-1'))!
    assert.deepEqual(body, { verifier: { key: 'abc' } })
    await keeper.commit([put('home-2', {}, 0)], 'op', 3)
    assert.equal(await keeper.last(), 3)
  })

  test(`${name} has one life`, { skip }, async () => {
    await using keeper = await open()
    assert.equal(await keeper.life(), await keeper.life())
    assert.notEqual(await keeper.life(), '')
  })
}

class Client extends Redis implements AsyncDisposable {
  async [Symbol.asyncDispose](): Promise<void> {
    await this.quit()
  }
}

function put(id: string, body: Change['after'], expected: number | undefined): Change {
  return { kind: 'subscriber', id, after: body, expected }
}

function use(subscriber: string, atMs: number, bytes: number): Use {
  const octets = { dslUp: bytes, dslDown: 2 * bytes, lteUp: 3 * bytes, lteDown: 4 * bytes }
  return { subscriber, carrier: 'tcp', atMs, ...octets }
}

async function everything(
  keeper: Keeper,
  kind: KeptKind | PassingKind,
): Promise<Map<string, KeptRecord>> {
  const found = new Map<string, KeptRecord>()
  for await (const piece of keeper.all(kind)) for (const one of piece) found.set(one.id, one)
  return found
}
