import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepMetricsDoor, openMetricsDoor, type Pieces } from './metrics-door.ts'

const LOOPBACK = { address: '127.0.0.1', port: 0 }

test('GET /metrics is the text of all pieces, in the format that Prometheus asks for', async () => {
  await using house = await open(function* () {
    yield 'a 1\n'
    yield 'b 2\n'
  })
  const { response, text } = await house.get('/metrics')
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(text, 'a 1\nb 2\n')
})

test('who takes gzip gets gzip', async () => {
  await using house = await open(function* () {
    yield 'a 1\n'.repeat(10_000)
  })
  const response = await fetch(house.url('/metrics'), { headers: { 'accept-encoding': 'gzip' } })
  assert.equal(response.headers.get('content-encoding'), 'gzip')
  assert.equal((await response.text()).length, 40_000)
})

test('there is nothing else, and nothing that changes anything', async () => {
  await using house = await open(function* () {
    yield 'a 1\n'
  })
  assert.equal((await house.get('/')).response.status, 404)
  assert.equal((await house.get('/metrics?x')).response.status, 404)
  assert.equal((await house.get('/metrics', 'POST')).response.status, 404)
})

test('a fifth scrape while four are not over is told so, and those four are answered', async () => {
  const gate = Promise.withResolvers<void>()
  let begun = 0
  await using house = await open(async function* () {
    begun++
    await gate.promise
    yield 'a 1\n'
  })
  const four = Array.from({ length: 4 }, () => house.get('/metrics'))
  while (begun < 4) await new Promise((soon) => void setImmediate(soon))
  assert.equal((await house.get('/metrics')).response.status, 503)
  gate.resolve()
  for (const { text } of await Promise.all(four)) assert.equal(text, 'a 1\n')
})

test('who goes in the middle of it is no mistake of ours', async () => {
  const failures: unknown[] = []
  const leave = new AbortController()
  let ended = false
  await using door = await openMetricsDoor(
    LOOPBACK,
    async function* () {
      try {
        for (;;) {
          yield 'a 1\n'.repeat(100_000)
          await new Promise((soon) => void setImmediate(soon))
        }
      } finally {
        ended = true
      }
    },
    (error) => failures.push(error),
  )
  const response = await fetch(`http://127.0.0.1:${door.port}/metrics`, { signal: leave.signal })
  await response.body?.getReader().read()
  leave.abort()
  while (!ended) await new Promise((soon) => void setImmediate(soon))
  assert.deepEqual(failures, [])
})

test('a mistake of ours is told to whoever opens the door anew, and the scrape breaks off', async () => {
  const failures: unknown[] = []
  const wrong = new Error('counted wrong')
  await using door = await openMetricsDoor(
    LOOPBACK,
    function* () {
      yield 'a 1\n'
      throw wrong
    },
    (error) => failures.push(error),
  )
  await assert.rejects(fetch(`http://127.0.0.1:${door.port}/metrics`).then((one) => one.text()))
  assert.deepEqual(failures, [wrong])
})

test('an address that is taken is told in a sentence, and none is taken where it is not wanted', async () => {
  await using house = await open(function* () {})
  const taken = { ...LOOPBACK, port: house.port }
  await assert.rejects(
    keepMetricsDoor({ ...taken, enabled: true }, function* () {}, assert.fail),
    /^Error: Cannot show metrics on 127\.0\.0\.1:\d+: listen answered EADDRINUSE$/,
  )
  await using _none = await keepMetricsDoor(
    { ...taken, enabled: false },
    function* () {},
    assert.fail,
  )
})

async function open(pieces: Pieces) {
  const door = await openMetricsDoor(LOOPBACK, pieces, (error) => assert.fail(String(error)))
  const url = (path: string) => `http://127.0.0.1:${door.port}${path}`
  return {
    port: door.port,
    url,
    get: async (path: string, method = 'GET') => {
      const response = await fetch(url(path), {
        method,
        headers: { 'accept-encoding': 'identity' },
      })
      return { response, text: await response.text() }
    },
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  }
}
