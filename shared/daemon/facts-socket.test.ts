import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { serveFacts } from './facts-socket.ts'

test('who connects is told all there is, and nobody else may connect', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'hybridge-facts-'))
  const file = join(folder, 'cpe.sock')
  writeFileSync(file, 'left by a crash')
  let asked = 0
  const facts = () => ({ asked: ++asked, kinds: new Map([['dsl-full', 2]]) })
  const serving = await serveFacts(file, facts, (why) => assert.fail(why))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.deepEqual(JSON.parse(await text(connect(file))), { asked: 1, kinds: { 'dsl-full': 2 } })
  assert.equal(JSON.parse(await text(connect(file))).asked, 2)
  await serving[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true })
})

test('a place where no socket can be is told of, and the daemon goes on', async () => {
  let why = ''
  const serving = await serveFacts(
    '/etc/hostname/cpe.sock',
    () => ({}),
    (said) => (why = said),
  )
  assert.match(why, /hostname/)
  await serving[Symbol.asyncDispose]()
})
