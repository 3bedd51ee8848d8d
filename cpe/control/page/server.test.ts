/**
 * Who may ask the page what, and how often: asked without a socket.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Bundle } from './bundle-maker.ts'
import { Password } from './guard.ts'
import type { PageHistory, PageState } from './page-state.ts'
import { buildPage } from './server.ts'

const LEG = { condition: 'works', sinceMs: 1_000, downBitsPerS: 0, upBitsPerS: 0 } as const
const STATE: PageState = {
  atMs: Date.UTC(2026, 10, 26, 12),
  line: 'good',
  legs: { dsl: LEG, lte: LEG },
  helps: { down: false, up: false },
  manageable: true,
}

test('a host that asks too often is told so and when it may again, and nobody else suffers', async () => {
  const { ask, house } = await page()
  const history = (from: string) => ask('GET', '/api/history', { from })
  for (let i = 0; i < 4; i++) assert.equal((await history('192.168.1.9')).statusCode, 200)
  const no = await history('192.168.1.9')
  assert.deepEqual([no.statusCode, no.headers['retry-after']], [429, '1'])
  assert.equal((await history('192.168.1.10')).statusCode, 200)
  // What it asks beside it is counted by itself.
  assert.equal((await ask('GET', '/api/state', { from: '192.168.1.9' })).statusCode, 200)
  house.nowMs += 1_000
  assert.equal((await history('192.168.1.9')).statusCode, 200)
})

test('a host that gives itself ever new addresses gets no more than five hosts', async () => {
  const { ask } = await page()
  let answered = 0
  for (let i = 0; i < 100; i++) {
    const { statusCode } = await ask('GET', '/api/history', { from: `2001:db8::${i + 1}` })
    if (statusCode === 200) answered++
  }
  assert.equal(answered, 20)
})

test('who asks for what is no path has to dial anew for each, for nobody has counted it', async () => {
  const { ask } = await page()
  const { statusCode, headers } = await ask('GET', '/%ff')
  assert.deepEqual([statusCode, headers.connection], [404, 'close'])
  assert.match(String(headers['content-security-policy']), /default-src 'none'/)
})

test('root may ask over its own socket as often as it likes, and needs no password', async () => {
  const { ask } = await page({ isLocal: true })
  for (let i = 0; i < 50; i++) assert.equal((await ask('GET', '/api/history')).statusCode, 200)
  assert.equal((await ask('POST', '/api/support-bundle')).statusCode, 200)
})

test('the day is put together once a second, however many ask', async () => {
  const { ask, house } = await page()
  for (let i = 0; i < 6; i++) await ask('GET', '/api/history', { from: `192.168.1.${i + 1}` })
  assert.equal(house.histories, 1)
  house.nowMs += 1_000
  const zipped = await ask('GET', '/api/history', { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(zipped.headers['content-encoding'], 'gzip')
  assert.equal(house.histories, 2)
})

test('a support bundle is for who knows the password, under a name of its own, one at a time', async () => {
  const { ask, house } = await page()
  const bundle = (password: string) =>
    ask('POST', '/api/support-bundle', { headers: { authorization: `Bearer ${password}` } })
  assert.equal((await ask('POST', '/api/support-bundle')).statusCode, 401)
  assert.equal((await bundle('open sesame 8')).statusCode, 401)
  house.nowMs += 2_000
  const given = await bundle('open%20sesame%207')
  assert.equal(given.statusCode, 200)
  assert.equal(given.headers['content-type'], 'application/gzip')
  assert.equal(
    given.headers['content-disposition'],
    'attachment; filename="hybridge-home-1.tar.gz"',
  )
  assert.equal(given.body, 'packed')
  house.isMaking = true
  assert.equal((await bundle('open%20sesame%207')).statusCode, 409)
})

test('a support bundle that cannot be made is said to the log, and its reason to nobody in the LAN', async () => {
  const { ask, house } = await page({ bundleFails: true })
  const headers = { authorization: 'Bearer open%20sesame%207' }
  const answer = await ask('POST', '/api/support-bundle', { headers })
  assert.deepEqual([answer.statusCode, answer.body], [500, 'We made a mistake'])
  assert.deepEqual(house.failures, ['Error: no tar here'])
})

async function page({ isLocal = false, bundleFails = false } = {}) {
  const house = {
    nowMs: 1_000,
    histories: 0,
    isMaking: false,
    failures: [] as string[],
  }
  const made: Bundle = { name: 'hybridge-home-1.tar.gz', bytes: Buffer.from('packed') }
  const make = () =>
    bundleFails ? Promise.reject(new Error('no tar here')) : Promise.resolve(made)
  const app = await buildPage({
    watch: {
      state: STATE,
      history(): PageHistory {
        house.histories++
        return { minutes: [], episodes: [] }
      },
    },
    live: { add: () => undefined },
    tester: {
      start: () => undefined,
      stop: () => undefined,
      state: { megabytes: 50, lteMegabytes: 20 },
    },
    assets: undefined,
    names: ['router.lan'],
    password: new Password('open sesame 7', () => house.nowMs),
    isLocal: () => isLocal,
    restart: () => undefined,
    bundle: () => (house.isMaking ? undefined : make()),
    nowMs: () => house.nowMs,
    failed: (error) => house.failures.push(String(error)),
  })
  const ask = (
    method: 'GET' | 'POST',
    url: string,
    {
      from = '192.168.1.9',
      headers = {},
    }: { from?: string; headers?: Record<string, string> } = {},
  ) =>
    app.inject({
      method,
      url,
      remoteAddress: from,
      headers: { host: 'router.lan:8806', 'x-hybridge': 'page', ...headers },
    })
  return { ask, house }
}
