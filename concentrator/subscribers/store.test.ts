import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import type { Change, JsonObject } from './keeper.ts'
import { verifierOf } from './records.ts'
import { openSqliteKeeper } from './sqlite-keeper.ts'
import { Store } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-store-'))
after(() => rmSync(folder, { recursive: true, force: true }))
let files = 0
const freshFile = () => join(folder, `${files++}.db`)

test('what was committed stands in memory when the commit resolves', async () => {
  await using store = await openOn(freshFile())
  await store.commit([plan('gold', { policy: { overflow: { trialS: 9 } } })], 'op')
  await store.commit([home('a', { verifier: fresh(), plan: 'gold' })], 'op')
  assert.equal(store.homes.policyOf('a')?.policy.overflow.trialS, 9)
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      await store.commit([home(`b-${i}`, { verifier: fresh() })], 'op')
      assert.ok(store.homes.home(`b-${i}`) !== undefined)
    }),
  )
})

test('what another commits is heard of, in order', async () => {
  const file = freshFile()
  await using store = await openOn(file)
  await using other = await openOn(file)
  const heard: string[] = []
  using _ears = store.onChange(({ kind, id }) => heard.push(`${kind} ${id}`))
  await other.commit([home('a', { verifier: fresh() }), plan('gold', {})], 'op')
  await other.commit([home('a', undefined), home('b', { verifier: fresh() })], 'op')
  await store.follow()
  assert.deepEqual(heard, ['subscriber a', 'plan gold', 'subscriber a', 'subscriber b'])
  assert.deepEqual(store.homes.ids, ['b'])
})

test('a store that is opened again knows what it knew', async () => {
  const file = freshFile()
  {
    await using store = await openOn(file)
    await store.commit(
      [home('a', { verifier: fresh() }), home('b', { verifier: fresh() }), plan('p', {})],
      'op',
    )
    await store.commit([home('b', undefined)], 'op')
  }
  await using store = await openOn(file)
  assert.deepEqual(store.homes.ids, ['a'])
  assert.deepEqual(
    store.homes.plans().map(({ id }) => id),
    ['p'],
  )
})

test('a record that nobody can read is told, and the others are served', async () => {
  const told: string[] = []
  await using keeper = await openSqliteKeeper(freshFile())
  await keeper.commit(
    [home('bad', { state: 'asleep' }), home('good', { verifier: fresh() })],
    'op',
    0,
  )
  await using store = await Store.open(
    keeper,
    [],
    paintedLog((what, { id }) => told.push(`${what} ${String(id)}`)),
  )
  assert.deepEqual(told, ['record cannot be read bad'])
  assert.deepEqual(store.homes.ids, ['good'])
})

test('a file that is no database is refused with a sentence', async () => {
  await assert.rejects(openSqliteKeeper('/proc/version'), /Cannot open the store \/proc\/version/)
})

async function openOn(file: string): Promise<Store> {
  return Store.open(await openSqliteKeeper(file), [], paintedLog(assert.fail))
}

function home(id: string, body: JsonObject | undefined): Change {
  return { kind: 'subscriber', id, after: body, expected: undefined }
}

function plan(id: string, body: JsonObject): Change {
  return { kind: 'plan', id, after: body, expected: undefined }
}

function fresh() {
  return verifierOf(randomBytes(16))
}
