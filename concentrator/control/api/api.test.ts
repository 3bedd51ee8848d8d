/**
 * The API as its users meet it, on a store of its own, without a socket.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import type { FastifyInstance } from 'fastify'
import { interval } from '../../../shared/config/interval.fake.ts'
import { apiSection } from '../../../shared/config/operator.ts'
import type { SpeedTestOrder } from '../../../shared/config/speed-messages.ts'
import { paintedLog } from '../../../shared/daemon/log.fake.ts'
import { readEnrolmentCode } from '../../../shared/session/enrolment-code.ts'
import { DEFAULT_PLAN, verifierOf } from '../../subscribers/records.ts'
import { openSqliteKeeper } from '../../subscribers/sqlite-keeper.ts'
import { Store } from '../../subscribers/store.ts'
import { Vault } from '../../subscribers/vault.ts'
import { VerdictLog } from '../../subscribers/verdict-log.ts'
import { SpeedTests } from '../speed-tests.ts'
import { buildApi } from './server.ts'

const folder = mkdtempSync(join(tmpdir(), 'hybridge-api-'))
const limits = { requestsPerS: 10_000, wrongTokensPerS: 5 }
const ADMIN = 'hyb_admin'
const PIN = `sha256//${'A'.repeat(43)}=`
let store: Store
let app: FastifyInstance
let draining = false
const verdictLog = new VerdictLog()
/** How street-1 answers an order; no other home is here. */
let tested: (order: SpeedTestOrder) => void = () => undefined
const speedTests = new SpeedTests({
  sessionOf: (id) => (id === 'street-1' ? { orderTest: (order) => tested(order) } : undefined),
  nowMs: () => 0,
  unixMs: () => 0,
})

before(async () => {
  const fileHome = {
    id: 'street-1',
    verifier: verifierOf(Buffer.from('c00c1e42c00c1e42', 'hex')),
    prefixes: { dsl: [], lte: [] },
    acl: { allow: [], deny: [] },
    policy: {},
  }
  store = await Store.open(
    await openSqliteKeeper(join(folder, 'store.db')),
    [fileHome],
    paintedLog((what, fields) => assert.fail(`${what} ${JSON.stringify(fields)}`)),
    { vault: new Vault(new Uint8Array(32)) },
  )
  verdictLog.hear('street-1', [interval(0, 1_900)], undefined, 0)
  app = await buildApi(
    {
      store,
      drain: {
        isDraining: () => draining,
        set: (value) => {
          draining = value
        },
        onChange: () => undefined,
        [Symbol.dispose]: () => undefined,
      },
      concentrator: 'c-1',
      reach: { addresses: ['192.0.2.10'], port: 8_803, session: 8_805, pin: PIN },
      egressPool: ['198.51.100.64'],
      told: () => [{ atMs: 0, text: 'DSL is full' }],
      verdicts: (id) => verdictLog.of(id),
      speedTests,
    },
    { api: { ...apiSection().parse({}), ...limits } },
    ADMIN,
  )
})
after(async () => {
  await app.close()
  await store[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

test('a home is added, shown, changed and removed', async () => {
  const added = await ask('POST', '/v1/subscribers', { id: 'a-1' })
  assert.equal(added.status, 201)
  assert.match(String(added.body['secret']), /^[0-9a-f]{64}$/)
  assert.match(String(added.body['cookie']), /^[0-9a-f]{32}$/)
  const shown = await ask('GET', '/v1/subscribers/a-1')
  assert.equal(shown.body['state'], 'active')
  assert.equal('cookie' in shown.body || 'verifier' in shown.body, false)
  const changed = await ask('PATCH', '/v1/subscribers/a-1', { state: 'suspended' }, shown.etag)
  assert.deepEqual([changed.status, changed.body['state']], [200, 'suspended'])
  assert.notEqual(changed.etag, shown.etag)
  assert.equal((await ask('DELETE', '/v1/subscribers/a-1', undefined, changed.etag)).status, 204)
  assert.equal((await ask('GET', '/v1/subscribers/a-1')).status, 404)
})

test('a code for enrolment is told once, with where to go, and can be taken back', async () => {
  await ask('POST', '/v1/subscribers', { id: 'en-1' })
  const made = await ask('POST', '/v1/subscribers/en-1/enrolment', { hours: 2 })
  assert.equal(made.status, 201)
  const code = String(made.body['code'])
  assert.equal(readEnrolmentCode(code), code)
  assert.equal(
    made.body['line'],
    `hybridge://192.0.2.10/?pin=${PIN}&port=8803&session=8805&code=${code}`,
  )
  assert.equal(store.homes.homeOfCode(code)?.id, 'en-1')
  const shown = await ask('GET', '/v1/subscribers/en-1')
  assert.deepEqual(shown.body['enrolment'], { until: made.body['until'], spent: false })
  const { body: audit } = await ask('GET', '/v1/audit?kind=subscriber&id=en-1')
  const kept = JSON.stringify(store.homes.home('en-1')?.body)
  for (const text of [kept, JSON.stringify(shown.body), JSON.stringify(audit)]) {
    assert.ok(!text.includes(code) && !text.includes(code.replaceAll('-', '')), text)
  }
  // Another takes its place; a change of anything else leaves it.
  const second = await ask('POST', '/v1/subscribers/en-1/enrolment', {})
  assert.equal(store.homes.homeOfCode(code), undefined)
  await ask('PATCH', '/v1/subscribers/en-1', { plan: 'default' }, '*')
  assert.equal(store.homes.homeOfCode(String(second.body['code']))?.id, 'en-1')
  assert.equal((await ask('DELETE', '/v1/subscribers/en-1/enrolment')).status, 204)
  assert.equal(store.homes.homeOfCode(String(second.body['code'])), undefined)
  const ofFile = await ask('POST', '/v1/subscribers/street-1/enrolment', {})
  assert.equal(ofFile.status, 409)
  assert.equal((await ask('POST', '/v1/subscribers/nobody/enrolment', {})).status, 404)
})

test('of two who change one version the second is told to read again', async () => {
  await ask('POST', '/v1/subscribers', { id: 'b-1' })
  const { etag } = await ask('GET', '/v1/subscribers/b-1')
  const [one, other] = await Promise.all(
    [{ plan: 'default' }, { state: 'suspended' }].map((patch) =>
      ask('PATCH', '/v1/subscribers/b-1', patch, etag),
    ),
  )
  assert.deepEqual(
    [one!.status, other!.status].toSorted((a, b) => a - b),
    [200, 412],
  )
  const late = await ask('PATCH', '/v1/subscribers/b-1', { state: 'active' })
  assert.deepEqual([late.status, late.body['title']], [428, 'Precondition Required'])
})

test('who overwrites whatever is there loses nothing that others write meanwhile', async () => {
  await ask('POST', '/v1/subscribers', { id: 'c-1' })
  const keys = ['engageMs', 'releaseMs', 'trialS', 'burstMegabytes']
  const ends = await Promise.all(
    keys.map((key) =>
      ask('PATCH', '/v1/subscribers/c-1', { policy: { overflow: { [key]: 500 } } }, '*'),
    ),
  )
  assert.deepEqual(
    ends.map(({ status }) => status),
    [200, 200, 200, 200],
  )
  const { body } = await ask('GET', '/v1/subscribers/c-1')
  assert.deepEqual(body['policy'], {
    overflow: { engageMs: 500, releaseMs: 500, trialS: 500, burstMegabytes: 500 },
  })
})

test('a change is put on top of the version that it names, also where another concentrator wrote it', async () => {
  await ask('POST', '/v1/subscribers', { id: 'x-1' })
  await ask('POST', '/v1/plans', { id: 'x-plan', policy: {} })
  await using other = await openSqliteKeeper(join(folder, 'store.db'))
  for (const [kind, url] of [
    ['subscriber', '/v1/subscribers/x-1'],
    ['plan', '/v1/plans/x-plan'],
  ] as const) {
    const [, , id = ''] = url.slice(1).split('/')
    const kept = await other.read(kind, id)
    const after = { ...kept?.body, policy: { overflow: { engageMs: 500 } } }
    const committed = await other.commit([{ kind, id, after, expected: undefined }], 'other', 0)
    assert.ok(committed.kind === 'done')
    const patch = { policy: { overflow: { trialS: 9 } } }
    const changed = await ask('PATCH', url, patch, `"${committed.last}"`)
    assert.equal(changed.status, 200, JSON.stringify(changed.body))
    assert.deepEqual(changed.body['policy'], { overflow: { engageMs: 500, trialS: 9 } })
    assert.equal((await ask('PATCH', url, patch, `"${committed.last}"`)).status, 412)
  }
})

test('a way back names what it changes, and gives nobody the cookie of another', async () => {
  const cookie = 'dd'.repeat(16)
  const { etag } = await ask('POST', '/v1/subscribers', { id: 'y-1', cookie })
  const version = Number(etag?.replaceAll('"', ''))
  const url = '/v1/subscribers/y-1/rollback'
  assert.equal((await ask('POST', url, { version })).status, 428)
  assert.equal((await ask('POST', url, { version }, '"1"')).status, 412)
  await ask('DELETE', '/v1/subscribers/y-1', undefined, '*')
  await ask('POST', '/v1/subscribers', { id: 'y-2', cookie })
  assert.equal((await ask('POST', url, { version }, '*')).status, 422)
  await ask('DELETE', '/v1/subscribers/y-2', undefined, '*')
  assert.equal((await ask('POST', url, { version }, '*')).status, 200)
})

test('a cookie in capitals is the same cookie', async () => {
  const cookie = 'ae'.repeat(16)
  const lines = [
    { id: 'z-1', cookie },
    { id: 'z-2', cookie: cookie.toUpperCase() },
  ]
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  const loaded = await load('application/x-ndjson', text)
  assert.deepEqual(loaded.body['problems'], ['line 2: cookie is the one of line 1'])
})

test('no token is called as who reads our files is', async () => {
  assert.equal((await ask('POST', '/v1/tokens', { name: 'local', role: 'reader' })).status, 409)
})

test('a policy shows what applies, and which layer says it', async () => {
  await ask('POST', '/v1/plans', { id: 'gold', policy: { overflow: { trialS: 8 } } })
  await ask('POST', '/v1/subscribers', {
    id: 'd-1',
    plan: 'gold',
    policy: { budget: { monthlyGigabytes: 20 } },
  })
  const { body } = await ask('GET', '/v1/subscribers/d-1/policy')
  const { policy, origins } = body as Record<string, Record<string, Record<string, unknown>>>
  assert.deepEqual(
    [policy?.['overflow']?.['trialS'], policy?.['overflow']?.['engagePercent']],
    [8, 93],
  )
  assert.deepEqual(origins, {
    'overflow.trialS': 'plan gold',
    'budget.monthlyGigabytes': 'subscriber',
  })
})

test('a dry run says what would change for whom, and changes nothing', async () => {
  await ask('POST', '/v1/plans', { id: 'dry', policy: {} })
  for (const id of ['e-1', 'e-2']) await ask('POST', '/v1/subscribers', { id, plan: 'dry' })
  const own = { id: 'e-3', plan: 'dry', policy: { overflow: { trialS: 7 } } }
  await ask('POST', '/v1/subscribers', own)
  const patch = { policy: { overflow: { trialS: 7 } } }
  const { body } = await ask('PATCH', '/v1/plans/dry?dryRun=true', patch)
  assert.deepEqual(body, {
    homes: 2,
    changes: [
      { homes: 2, examples: ['e-1', 'e-2'], keys: [{ key: 'overflow.trialS', from: 5, to: 7 }] },
    ],
  })
  assert.deepEqual((await ask('GET', '/v1/plans/dry')).body['policy'], {})
})

test('a trial reaches some, is adopted by all, and is taken back', async () => {
  await ask('POST', '/v1/plans', { id: 'try', policy: {} })
  const ids = Array.from({ length: 40 }, (_, i) => `f-${i}`)
  for (const id of ids) await ask('POST', '/v1/subscribers', { id, plan: 'try' })
  const tried = () =>
    ids.filter((id) => store.homes.policyOf(id)?.policy.overflow.trialS === 9).length
  const trial = { percent: 25, policy: { overflow: { trialS: 9 } } }
  const some = await ask('PATCH', '/v1/plans/try', { trial }, '*')
  assert.ok(tried() > 2 && tried() < 20, `${tried()} of 40`)
  await ask('POST', '/v1/plans/try/adopt', undefined, '*')
  assert.equal(tried(), 40)
  const version = Number(some.etag?.replaceAll('"', ''))
  assert.equal((await ask('POST', '/v1/plans/try/rollback', { version }, '*')).status, 200)
  assert.ok(tried() > 2 && tried() < 20)
  await ask('PATCH', '/v1/plans/try', { trial: null }, '*')
  assert.equal(tried(), 0)
})

test('a policy that would contradict itself is refused, whoever would have it', async () => {
  await ask('POST', '/v1/plans', { id: 'calm', policy: {} })
  const overflow = { engagePercent: 60, releasePercent: 50 }
  await ask('POST', '/v1/subscribers', { id: 'g-1', plan: 'calm', policy: { overflow } })
  await ask('POST', '/v1/subscribers', {
    id: 'g-2',
    plan: 'calm',
    policy: { overflow: { engagePercent: 92 } },
  })
  const patch = { policy: { overflow: { releasePercent: 92 } } }
  const refused = await ask('PATCH', '/v1/plans/calm', patch, '*')
  assert.equal(refused.status, 422)
  assert.match(String(refused.body['problems']), /releasePercent is 92, but overflow.engagePercent/)
  const own = await ask('PATCH', '/v1/subscribers/g-1', patch, '*')
  assert.equal(own.status, 422)
})

test('a plan that homes have cannot be removed, and none can be given that is not there', async () => {
  await ask('POST', '/v1/plans', { id: 'kept', policy: {} })
  await ask('POST', '/v1/subscribers', { id: 'h-1', plan: 'kept' })
  const kept = await ask('DELETE', '/v1/plans/kept', undefined, '*')
  assert.deepEqual([kept.status, /h-1/.test(String(kept.body['detail']))], [409, true])
  const missing = await ask('PATCH', '/v1/subscribers/h-1', { plan: 'none' }, '*')
  assert.equal(missing.status, 422)
  assert.equal((await ask('PATCH', '/v1/subscribers/h-1', { plan: null }, '*')).status, 200)
  assert.equal((await ask('DELETE', '/v1/plans/kept', undefined, '*')).status, 204)
})

test('a home of the file keeps who it is, and takes a plan and a policy', async () => {
  for (const patch of [{ cookie: 'ab'.repeat(16) }, { prefixes: {} }, { acl: {} }]) {
    assert.equal((await ask('PATCH', '/v1/subscribers/street-1', patch, '*')).status, 409)
  }
  assert.equal((await ask('DELETE', '/v1/subscribers/street-1', undefined, '*')).status, 409)
  assert.equal((await ask('POST', '/v1/subscribers', { id: 'street-1' })).status, 409)
  const policy = { overflow: { trialS: 6 } }
  const { status } = await ask('PATCH', '/v1/subscribers/street-1', { policy }, '*')
  assert.equal(status, 200)
  assert.equal(store.homes.policyOf('street-1')?.policy.overflow.trialS, 6)
})

test('lists come in pages, and each home is on one of them', async () => {
  for (let i = 0; i < 7; i++)
    await ask('POST', '/v1/subscribers', { id: `p-${i}`, plan: 'default' })
  const seen: string[] = []
  let cursor = ''
  for (let pages = 0; pages < 50; pages++) {
    const { body } = await ask('GET', `/v1/subscribers?plan=default&limit=3&cursor=${cursor}`)
    seen.push(...(body['items'] as { id: string }[]).map(({ id }) => id))
    if (typeof body['next'] !== 'string') break
    cursor = body['next']
  }
  assert.deepEqual(
    seen.filter((id) => id.startsWith('p-')),
    ['p-0', 'p-1', 'p-2', 'p-3', 'p-4', 'p-5', 'p-6'],
  )
  assert.equal(new Set(seen).size, seen.length)
})

test('a speed test is ordered, followed to its end, and stopped', async () => {
  const url = '/v1/subscribers/street-1/speed-tests'
  const running = { subject: 'dsl', step: 'path' }
  const orders: SpeedTestOrder[] = []
  tested = (order) => {
    orders.push(order)
    const limits = { megabytes: 50, lteMegabytes: 20 }
    if (order.wish === 'start') {
      speedTests.hear('street-1', { order: order.order, running, ...limits })
    }
  }
  assert.equal((await ask('GET', `${url}/latest`)).status, 404)
  const { status, body } = await ask('POST', url, { subjects: ['dsl'] })
  const id = String(body['id'])
  assert.deepEqual([status, body['state'], body['askedBy']], [202, 'running', 'local'])
  assert.deepEqual(body['limits'], { megabytes: 50, lteMegabytes: 20 })
  assert.equal((await ask('POST', url)).status, 409)
  assert.equal((await ask('DELETE', `${url}/${id}`)).status, 204)
  assert.deepEqual(orders, [
    { order: id, wish: 'start', subjects: ['dsl'] },
    { order: id, wish: 'stop' },
  ])
  const result = { atMs: 1, by: 'operator', subjects: {}, usedBytes: 900, lteUsedBytes: 0 }
  speedTests.hear('street-1', { order: id, result })
  const latest = await ask('GET', `${url}/latest`)
  assert.deepEqual([latest.body['state'], latest.body['result']], ['over', result])
  const { body: all } = await ask('GET', url)
  assert.deepEqual(all, { subscriber: 'street-1', items: [latest.body] })
})

test('why there is no speed test is said, and when to ask again', async () => {
  const url = '/v1/subscribers/street-1/speed-tests'
  tested = ({ order }) =>
    speedTests.hear('street-1', { order, refused: { why: 'often', waitS: 42 } })
  const answer = await app.inject({
    method: 'POST',
    url,
    headers: { authorization: `Bearer ${ADMIN}` },
  })
  assert.deepEqual([answer.statusCode, answer.headers['retry-after']], [429, '42'])
  tested = () => speedTests.notUnderstood('street-1', 'speedTest')
  assert.match(String((await ask('POST', url)).body['detail']), /update it/)
  await ask('POST', '/v1/subscribers', { id: 'away-1' })
  const away = () => ask('POST', '/v1/subscribers/away-1/speed-tests', {})
  assert.deepEqual((await away()).body['detail'], 'away-1 has no session: it is not here')
  await store.keeper.put('session', 'away-1', { concentrator: 'c-2' })
  const { status, body } = await away()
  assert.deepEqual([status, body['detail']], [409, 'away-1 has its session at c-2; ask there'])
  await store.keeper.drop('session', 'away-1')
  assert.equal((await ask('POST', '/v1/subscribers/nobody/speed-tests')).status, 404)
  assert.equal((await ask('POST', url, { subjects: ['fibre'] })).status, 400)
})

test('who may do what follows from the role of the token', async () => {
  const tokens: Record<string, string> = {}
  for (const role of ['reader', 'operator', 'admin']) {
    const { body } = await ask('POST', '/v1/tokens', { name: `t-${role}`, role })
    tokens[role] = String(body['token'])
  }
  const tries = [
    ['GET', '/v1/subscribers', undefined, [200, 200, 200]],
    ['POST', '/v1/subscribers', { id: '' }, [403, 400, 400]],
    ['POST', '/v1/subscribers/nobody/speed-tests', {}, [403, 404, 404]],
    ['DELETE', '/v1/subscribers/nobody/speed-tests/latest', undefined, [403, 404, 404]],
    ['GET', '/v1/tokens', undefined, [403, 403, 200]],
  ] as const
  for (const [method, url, body, statuses] of tries) {
    const got: number[] = []
    for (const role of ['reader', 'operator', 'admin']) {
      got.push((await ask(method, url, body, undefined, tokens[role])).status)
    }
    assert.deepEqual(got, statuses, `${method} ${url}`)
  }
  const shown = await ask('GET', '/v1/tokens')
  assert.doesNotMatch(JSON.stringify(shown.body), /hyb_|hash/)
  await ask('DELETE', '/v1/tokens/t-reader')
  assert.equal((await ask('GET', '/v1/plans', undefined, undefined, tokens['reader'])).status, 401)
})

test('wrong tokens are counted by their source, right ones go on', async () => {
  const statuses: number[] = []
  for (let i = 0; i < 30; i++) {
    const token = i % 2 === 0 ? `hyb_wrong-${i}` : ''
    statuses.push((await ask('GET', '/v1/plans', undefined, undefined, token)).status)
  }
  assert.deepEqual([...new Set(statuses)], [401, 429])
  assert.equal(
    statuses.filter((status) => status === 401).length <= 2 * limits.wrongTokensPerS,
    true,
  )
  assert.equal((await ask('GET', '/v1/plans')).status, 200)
  const elsewhere = await app.inject({
    method: 'GET',
    url: '/v1/plans',
    remoteAddress: '2001:db8::1',
    headers: { authorization: 'Bearer hyb_wrong' },
  })
  assert.equal(elsewhere.statusCode, 401)
})

test('the audit log says who changed what, from what and into what, and no secret', async () => {
  await ask('POST', '/v1/subscribers', { id: 'j-1', cookie: 'c0'.repeat(16) })
  await ask('PATCH', '/v1/subscribers/j-1', { state: 'suspended' }, '*')
  const { body } = await ask('GET', '/v1/audit?kind=subscriber&id=j-1')
  const items = body['items'] as Record<string, Record<string, unknown>>[]
  assert.deepEqual(
    items.map(({ who, before, after }) => [who, before?.['state'], after?.['state']]),
    [
      ['local', undefined, 'suspended'],
      ['local', undefined, undefined],
    ],
  )
  const verifier = verifierOf(Buffer.from('c0'.repeat(16), 'hex'))
  for (const secret of [...Object.values(verifier), 'c0'.repeat(16)]) {
    assert.equal(JSON.stringify(body).includes(secret), false)
  }
})

test('an import is whole or not at all, and names the lines that are wrong', async () => {
  const lines = ['{"id":"k-1"}', '{"id":"k-2","state":"asleep"}', '', 'oops', '{"id":"k-1"}']
  const refused = await load('application/x-ndjson', lines.join('\n'))
  assert.equal(refused.status, 422)
  const problems = refused.body['problems'] as string[]
  assert.deepEqual(
    problems.map((problem) => problem.slice(0, 14)),
    ['line 2: state ', 'line 4: is not', 'line 5: id is '],
  )
  assert.equal(store.homes.home('k-1'), undefined)
  const partial = await load('application/x-ndjson', lines.join('\n'), '?partial=true')
  assert.deepEqual([partial.body['imported'], partial.body['refused']], [1, 3])
  assert.match(String((partial.body['secrets'] as Record<string, string>)['k-1']), /^[0-9a-f]{64}$/)
})

test('what is exported as CSV or NDJSON imports as what it was', async () => {
  await ask('POST', '/v1/subscribers', {
    id: 'l-1',
    cookie: 'ab'.repeat(16),
    prefixes: { dsl: ['192.0.2.0/24'], lte: [] },
    policy: {
      classes: { rules: [{ class: 'bypass', ports: ['80-90'] }] },
      budget: { throttleMbps: 9.5 },
    },
  })
  const before = await ask('GET', '/v1/subscribers/l-1')
  for (const format of ['csv', 'ndjson']) {
    const text = (await plain(`/v1/export?format=${format}`)).body
    const head = text.split(/\r?\n/)[0] ?? ''
    const line = text.split(/\r?\n/).find((one) => /^"?(\{"id":")?l-1/.test(one)) ?? ''
    await ask('PATCH', '/v1/subscribers/l-1', { policy: null, prefixes: null }, '*')
    const type = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
    const rows = format === 'csv' ? `${head}\r\n${line}\r\n` : line
    const loaded = await load(type, rows, '?update=true')
    assert.equal(loaded.status, 200, JSON.stringify(loaded.body))
    const after = await ask('GET', '/v1/subscribers/l-1')
    assert.deepEqual({ ...after.body, version: 0 }, { ...before.body, version: 0 })
  }
})

test('usage is told by billing period, hours and legs', async () => {
  await ask('POST', '/v1/subscribers', { id: 'u-1' })
  const use = {
    subscriber: 'u-1',
    carrier: 'tcp',
    dslUp: 1,
    dslDown: 2,
    lteUp: 3,
    lteDown: 4,
  } as const
  const nowMs = Date.now()
  await store.keeper.addUsage({ source: 'c', number: 1, uses: [{ ...use, atMs: nowMs }] }, nowMs)
  const { body } = await ask('GET', '/v1/subscribers/u-1/usage?span=hour')
  assert.deepEqual(body['total'], { dslUp: 1, dslDown: 2, lteUp: 3, lteDown: 4 })
  const last = await ask('GET', '/v1/subscribers/u-1/usage?period=last')
  assert.deepEqual(last.body['total'], { dslUp: 0, dslDown: 0, lteUp: 0, lteDown: 0 })
})

test('a home is told what limits it, with the sentence and the facts; one that has told nothing, nothing', async () => {
  const { body } = await ask('GET', '/v1/subscribers/street-1/verdicts?span=5min')
  const now = body['now'] as Record<string, unknown>
  assert.deepEqual(
    [now['cause'], now['limit'], now['direction']],
    ['dsl-sync', 'dsl-sync/full', 'down'],
  )
  assert.match(String(now['sentence']), /^The lines are full: DSL carried 15/)
  assert.deepEqual((body['items'] as Record<string, unknown>[]).length, 0)
  assert.equal((await ask('GET', '/v1/subscribers/street-1/verdicts?span=year')).status, 400)
  await ask('POST', '/v1/subscribers', { id: 'silent-1' })
  const silent = await ask('GET', '/v1/subscribers/silent-1/verdicts')
  assert.deepEqual([silent.body['now'], silent.body['items']], [null, []])
})

test('what is there now can be asked, and a drain be ordered', async () => {
  await store.keeper.put('session', 'u-1', { concentrator: 'c-1' })
  assert.deepEqual((await ask('GET', '/v1/sessions')).body['items'], [
    { id: 'u-1', concentrator: 'c-1' },
  ])
  assert.deepEqual((await ask('PUT', '/v1/drain', { draining: true })).body, {
    concentrator: 'c-1',
    draining: true,
  })
  assert.equal(draining, true)
  const reasons = await ask('GET', '/v1/subscribers/street-1/reasons')
  assert.deepEqual(reasons.body['items'], [{ at: '1970-01-01T00:00:00.000Z', text: 'DSL is full' }])
})

test('whatever a body holds, the answer is a refusal that says what to do, or done', async () => {
  const bodies = fc.oneof(
    fc.jsonValue(),
    fc.record(
      { id: fc.string(), plan: fc.jsonValue(), policy: fc.jsonValue(), prefixes: fc.jsonValue() },
      { requiredKeys: ['id'] },
    ),
  )
  await fc.assert(
    fc.asyncProperty(bodies, async (body) => {
      for (const url of ['/v1/subscribers', '/v1/plans']) {
        const answer = await ask('POST', url, body)
        assert.ok([201, 400, 409, 422].includes(answer.status), `${answer.status}`)
        if (answer.status !== 201) assert.equal(typeof answer.body['detail'], 'string')
      }
    }),
    { numRuns: 60 },
  )
})

test('the document is OpenAPI 3.1, names every route, and the page asks nobody else', async () => {
  const { body } = await ask('GET', '/openapi.json', undefined, undefined, '')
  assert.equal(body['openapi'], '3.1.0')
  const paths = Object.keys(body['paths'] as object)
  for (const path of [
    '/v1/subscribers/{id}',
    '/v1/subscribers/{id}/speed-tests/{test}',
    '/v1/plans/{id}/adopt',
    '/v1/import',
    '/v1/drain',
  ]) {
    assert.ok(paths.includes(path), paths.join(' '))
  }
  const page = await plain('/docs/', '')
  assert.equal(page.status, 200)
  for (const [, at] of page.body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    assert.doesNotMatch(at ?? '', /^(https?:)?\/\//)
  }
})

test(`plan ${DEFAULT_PLAN} reaches everybody`, async () => {
  await ask('POST', '/v1/plans', { id: DEFAULT_PLAN, policy: { budget: { resetDay: 12 } } })
  assert.equal(store.homes.policyOf('street-1')?.policy.budget.resetDay, 12)
  const { body } = await ask('DELETE', `/v1/plans/${DEFAULT_PLAN}`, undefined, '*')
  assert.deepEqual(body, {})
})

interface Answer {
  readonly status: number
  readonly etag: string | undefined
  readonly body: Record<string, unknown>
}

async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  ifMatch?: string,
  token = ADMIN,
): Promise<Answer> {
  const answer = await app.inject({
    method,
    url,
    headers: {
      ...(token !== '' && { authorization: `Bearer ${token}` }),
      ...(ifMatch !== undefined && { 'if-match': ifMatch }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { payload: JSON.stringify(body) }),
  })
  return {
    status: answer.statusCode,
    etag: answer.headers.etag,
    body: answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>),
  }
}

async function plain(url: string, token = ADMIN): Promise<{ status: number; body: string }> {
  const answer = await app.inject({ url, headers: { authorization: `Bearer ${token}` } })
  return { status: answer.statusCode, body: answer.body }
}

async function load(type: string, text: string, query = ''): Promise<Answer> {
  const answer = await app.inject({
    method: 'POST',
    url: `/v1/import${query}`,
    headers: { authorization: `Bearer ${ADMIN}`, 'content-type': type },
    payload: text,
  })
  return {
    status: answer.statusCode,
    etag: undefined,
    body: JSON.parse(answer.body) as Record<string, unknown>,
  }
}
