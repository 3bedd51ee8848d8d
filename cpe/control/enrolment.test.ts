import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { understandHome } from '../../shared/config/control-messages.ts'
import { HeldEnd } from '../../shared/session/ends.fake.ts'
import { EnrolledHome } from './enrolled.ts'
import { askToEnrol } from './enrolment.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-home-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const WISH = { code: 'K', cookie: 'YQ==', verifier: 'Yg==', software: 'test' }

test('a home comes with the same secret until it has been told who it is, and ever after', () => {
  const directory = join(folder, 'deep', 'state')
  const home = new EnrolledHome(directory, 'one')
  assert.equal(home.known, undefined)
  const secret = Buffer.from(home.secret()).toString('hex')
  assert.equal(Buffer.from(new EnrolledHome(directory, 'one').secret()).toString('hex'), secret)
  assert.equal(home.known, undefined)
  home.is('home-1')
  assert.deepEqual(new EnrolledHome(directory, 'one').known, { id: 'home-1', secret })
  const file = join(directory, 'enrolled.json')
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.ok(!readFileSync(file, 'utf8').includes('one'))
})

test('another code is another home, and a damaged file is not overwritten', () => {
  const first = new EnrolledHome(folder, 'one')
  const secret = first.secret()
  first.is('home-1')
  const second = new EnrolledHome(folder, 'two')
  assert.equal(second.known, undefined)
  assert.notDeepEqual(second.secret(), secret)
  writeFileSync(join(folder, 'enrolled.json'), '{"code":')
  assert.throws(() => second.known, /enrolled.json: it is damaged/)
  assert.throws(() => second.secret(), /it is damaged/)
})

test('a home says its code and what shall be known of it, and hears who it is', async () => {
  const end = new HeldEnd()
  const answer = askToEnrol(end.other, WISH)
  await end.says()
  const understood = understandHome(end.heard[0]!)
  assert.ok(understood.kind === 'message' && understood.message.type === 'enrol')
  assert.deepEqual(Buffer.from(understood.message.verifier).toString(), 'b')
  await end.says({ type: 'enrolled', id: 'home-1' })
  assert.deepEqual(await answer, { id: 'home-1' })
  assert.ok(end.ended)
})

for (const [what, said, answer] of [
  ['refuses', { type: 'goodbye', code: 'x', why: 'spent', waitS: 60 }, { why: 'spent', waitS: 60 }],
  ['is older', { type: 'unknown', of: 'enrol' }, { why: 'it does not know enrolment', waitS: 600 }],
  ['talks nonsense', { type: 'enrolled' }, { why: 'it does not know enrolment', waitS: 600 }],
] as const) {
  test(`a concentrator that ${what} is asked again later`, async () => {
    const end = new HeldEnd()
    const asked = askToEnrol(end.other, WISH)
    await end.says(said)
    const { why, waitS } = (await asked) as { why: string; waitS: number }
    assert.deepEqual({ why, waitS }, answer)
  })
}

test('a concentrator that goes away says nothing, and is asked again', async () => {
  const end = new HeldEnd()
  const asked = askToEnrol(end.other, WISH)
  await end.goes()
  assert.deepEqual(await asked, { why: 'it has gone', waitS: 0 })
})
