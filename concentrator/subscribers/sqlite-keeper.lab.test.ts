/**
 * SQLite's bad days: a disk that is full, and kill -9.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { type Change, KeeperUnavailable } from './keeper.ts'
import { openSqliteKeeper } from './sqlite-keeper.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-disk-'))
const disk = join(folder, 'disk')
const skip = process.getuid?.() === 0 ? false : 'mounting a small disk needs root'

before(() => {
  if (skip) return
  mkdirSync(disk)
  const argv = ['-t', 'tmpfs', '-o', 'size=1m', 'hybridge-test', disk]
  assert.equal(spawnSync('mount', argv).status, 0)
})
after(() => {
  if (!skip) spawnSync('umount', [disk])
  rmSync(folder, { recursive: true, force: true })
})

test('on a full disk changes are refused, reads go on, and with room it takes changes again', {
  skip,
}, async () => {
  const file = join(disk, 'full.db')
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, new Uint8Array(400_000))
  let done = 0
  {
    await using keeper = await openSqliteKeeper(file)
    await assert.rejects(async () => {
      for (;;) {
        await keeper.commit([put(done)], 'op', 0)
        done++
      }
    }, KeeperUnavailable)
    assert.ok(done > 10, `${done}`)
    assert.equal((await keeper.read('subscriber', `home-${done - 1}`))?.id, `home-${done - 1}`)
    assert.equal(await keeper.read('subscriber', `home-${done}`), undefined)
    rmSync(ballast)
    await keeper.commit([put(done)], 'op', 0)
  }
  await using keeper = await openSqliteKeeper(file)
  assert.equal(await keeper.last(), done + 1)
})

test('what was answered is there after kill -9, and nothing half', { skip }, async () => {
  const file = join(folder, 'killed.db')
  const source = `
    import { openSqliteKeeper } from '${new URL('sqlite-keeper.ts', import.meta.url).href}'
    const keeper = await openSqliteKeeper('${file}')
    for (let i = 0; ; i++) {
      const body = { i }
      const changes = ['a', 'b'].map((id) => ({ kind: 'plan', id, after: body, expected: undefined }))
      await keeper.commit(changes, 'op', 0)
      console.log(i)
    }`
  const child = spawn(process.execPath, ['--eval', source])
  let told = -1
  for await (const line of createInterface(child.stdout)) {
    told = Number(line)
    if (told === 50) child.kill('SIGKILL')
  }
  await using keeper = await openSqliteKeeper(file)
  const [one, other] = [await keeper.read('plan', 'a'), await keeper.read('plan', 'b')]
  assert.ok(Number(one?.body['i']) >= told, `${JSON.stringify(one)} after ${told}`)
  assert.deepEqual(one?.body, other?.body)
})

function put(i: number): Change {
  const after = { text: 'x'.repeat(2_000) }
  return { kind: 'subscriber', id: `home-${i}`, after, expected: 0 }
}
