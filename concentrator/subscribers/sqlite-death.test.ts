/**
 * The thread of the SQLite keeper dies, and is started again.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { type Change, KeeperUnavailable } from './keeper.ts'
import { verifierOf } from './records.ts'
import { openSqliteKeeper } from './sqlite-keeper.ts'
import { Store } from './store.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-death-'))
after(() => rmSync(folder, { recursive: true, force: true }))

test('a thread that dies is started again: nothing that was answered is lost, homes go on meanwhile', async () => {
  const threads: Worker[] = []
  const keeper = await openSqliteKeeper(join(folder, 'killed.db'), (file) => {
    const thread = new Worker(new URL('sqlite-thread.ts', import.meta.url), {
      workerData: { file },
    })
    threads.push(thread)
    return thread
  })
  const complaints: string[] = []
  await using store = await Store.open(
    keeper,
    [],
    paintedLog((what) => complaints.push(what)),
  )
  await store.commit([home('a')], 'op')
  const underWay = Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => store.commit([home(`b-${i}`)], 'op')),
  )
  await threads[0]?.terminate()
  const settled = await underWay
  await assert.rejects(store.commit([home('c')], 'op'), KeeperUnavailable)
  assert.ok(store.homes.ids.includes('a'))
  await untilDone(() => store.commit([home('d')], 'op'))
  await store.follow()
  assert.equal(threads.length, 2)
  assert.ok(store.homes.ids.includes('d'))
  for (const [i, { status }] of settled.entries()) {
    if (status === 'fulfilled')
      assert.notEqual(await keeper.read('subscriber', `b-${i}`), undefined)
  }
  assert.equal(store.staleSinceMs, undefined)
})

test('a keeper that is closed while its thread is dead starts none', async () => {
  const threads: Worker[] = []
  {
    await using _keeper = await openSqliteKeeper(join(folder, 'closed.db'), (file) => {
      const thread = new Worker(new URL('sqlite-thread.ts', import.meta.url), {
        workerData: { file },
      })
      threads.push(thread)
      return thread
    })
    await threads[0]?.terminate()
  }
  await pause(600)
  assert.equal(threads.length, 1)
})

/** For as long as the keeper takes to be there again. */
async function untilDone(work: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await work()
      return
    } catch (error) {
      if (!(error instanceof KeeperUnavailable) || tries === 100) throw error
      await pause(50)
    }
  }
}

function home(id: string): Change {
  const after = { verifier: { ...verifierOf(randomBytes(16)) } }
  return { kind: 'subscriber', id, after, expected: undefined }
}
