import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { credentialOf } from '../../shared/session/credential.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { JsonObject } from '../subscribers/keeper.ts'
import { verifierOf } from '../subscribers/records.ts'
import { openSqliteKeeper } from '../subscribers/sqlite-keeper.ts'
import { Store } from '../subscribers/store.ts'
import { Vault } from '../subscribers/vault.ts'
import { enrolments } from './enrolments.ts'
import type { EnrolWish } from './session-owner.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-enrol-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const vault = new Vault(new Uint8Array(32))
const HERE = knownAddress('203.0.113.2')
const CODE = 'K7QM-2XPD-9F3R-8ABC'
const UNTIL_MS = 1_000
let files = 0

test('a code is spent by the first that comes with it, who may ask again and is the home from then on', async () => {
  await using street = await openStreet()
  const { enrol, store } = street
  assert.deepEqual(await enrol(wish(1), HERE), { id: 'a' })
  const { cookie, verifier } = credentialOf(secretOf(1))
  assert.deepEqual(store.homes.home('a')?.verifier, verifierOf(cookie, verifier))
  assert.equal(store.homes.home('a')?.plan, 'gold')
  assert.deepEqual(await enrol(wish(1), HERE), { id: 'a' }, 'the answer was lost')
  const { version } = store.homes.home('a')!
  assert.match(await refusal(street, wish(2)), /was spent/)
  assert.equal(store.homes.home('a')?.version, version)
})

test('of two that come at once, at two concentrators that share a store, one has the home', async () => {
  await using one = await openStreet()
  await using other = await openStreet(one.file)
  const answers = await Promise.all([one.enrol(wish(1), HERE), other.enrol(wish(2), HERE)])
  assert.equal(answers.filter((answer) => 'id' in answer).length, 1)
  const winner = 'id' in answers[0] ? 1 : 2
  await one.store.follow()
  await other.store.follow()
  const { cookie } = credentialOf(secretOf(winner))
  for (const { store } of [one, other]) {
    assert.equal(store.homes.home('a')?.verifier.hash, verifierOf(cookie).hash)
  }
})

test('a change of the home at the same moment costs no code', async () => {
  await using street = await openStreet()
  await using other = await openStreet(street.file)
  const { version, body } = other.store.homes.home('a')!
  const after = { ...body, plan: 'default' }
  await other.store.commit([{ kind: 'subscriber', id: 'a', after, expected: version }], 'op')
  assert.deepEqual(await street.enrol(wish(1), HERE), { id: 'a' })
  assert.equal(street.store.homes.home('a')?.plan, 'default')
})

for (const [what, body, change] of [
  ['too old', {}, { nowMs: UNTIL_MS }],
  ['of a suspended home', { state: 'suspended' }, {}],
  ['another', {}, { code: 'K7QM-2XPD-9F3R-8ABD' }],
  ['no code at all', {}, { code: '' }],
  ['shown with a cookie that is too short', {}, { cookie: new Uint8Array(8) }],
  ['shown with a verifier that is none', {}, { verifier: new Uint8Array(31) }],
] as const) {
  test(`a code that is ${what} opens nothing, and is answered like any other`, async () => {
    await using street = await openStreet(undefined, body)
    const { nowMs = 0, ...said } = { nowMs: undefined, ...change }
    street.clock.ms = nowMs
    const before = street.store.homes.home('a')?.version
    assert.equal(
      await refusal(street, { ...wish(1), ...said }),
      'not-authorized the code is not known here, was spent, or is too old; ask for another',
    )
    assert.equal(street.store.homes.home('a')?.version, before)
  })
}

test('a home with prefixes is enrolled from there alone', async () => {
  await using street = await openStreet(undefined, { prefixes: { dsl: ['198.51.100.0/24'] } })
  assert.match(await refusal(street, wish(1)), /^elsewhere/)
  assert.deepEqual(await street.enrol(wish(1), knownAddress('198.51.100.9')), { id: 'a' })
})

test("another home's cookie cannot be taken over with a code", async () => {
  await using street = await openStreet()
  const { cookie } = credentialOf(secretOf(3))
  const body = { verifier: street.store.homes.kept('b', verifierOf(cookie)) }
  await street.store.commit([{ kind: 'subscriber', id: 'b', after: body, expected: 0 }], 'op')
  assert.match(await refusal(street, wish(3)), /^not-authorized/)
  assert.equal(street.store.homes.ownerOf(verifierOf(cookie).hash), 'b')
})

function secretOf(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed)
}

function wish(seed: number): EnrolWish {
  const { cookie, verifier } = credentialOf(secretOf(seed))
  return { code: CODE, cookie, verifier }
}

async function refusal(street: OpenStreet, said: Partial<EnrolWish>): Promise<string> {
  const answer = await street.enrol({ ...wish(1), ...said }, HERE)
  assert.ok('why' in answer, JSON.stringify(answer))
  return `${answer.code} ${answer.why}`
}

type OpenStreet = Awaited<ReturnType<typeof openStreet>>

async function openStreet(shared?: string, fields: JsonObject = {}) {
  const file = shared ?? join(folder, `${files++}.db`)
  const store = await Store.open(await openSqliteKeeper(file), [], paintedLog(assert.fail), {
    vault,
  })
  const clock = { ms: 0 }
  const street = {
    file,
    store,
    clock,
    enrol: enrolments(
      store,
      () => clock.ms,
      paintedLog(() => undefined),
    ),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  }
  if (shared !== undefined) return street
  const verifier = store.homes.kept('a', verifierOf(new Uint8Array(32).fill(9)))
  const enrolment = { hash: vault.codeHash(CODE), untilMs: UNTIL_MS }
  const after = { plan: 'gold', ...fields, verifier, enrolment }
  await store.commit([{ kind: 'subscriber', id: 'a', after, expected: 0 }], 'op')
  return street
}
