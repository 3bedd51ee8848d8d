import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fail, supervise } from './supervise.ts'

test('a service that throws is taken down and started again, and the process goes on', async () => {
  const story: string[] = []
  let fail: Fail = () => undefined
  const start = (failed: Fail) => {
    fail = failed
    story.push('up')
    return Promise.resolve({
      [Symbol.asyncDispose]: () => {
        story.push('down')
        return Promise.resolve()
      },
    })
  }
  let timeIsUp = () => {}
  const wait = () => {
    const { promise, resolve } = Promise.withResolvers<void>()
    timeIsUp = resolve
    return promise
  }
  const say = (why: string, againMs: number) => story.push(`${why}, ${againMs} ms`)
  const service = await supervise(start, say, wait)
  fail(new Error('a mistake'))
  await settle()
  assert.deepEqual(story, ['up', 'a mistake, 1000 ms', 'down'])
  timeIsUp()
  await settle()
  fail(new Error('again'))
  await settle()
  assert.deepEqual(story.slice(3), ['up', 'again, 2000 ms', 'down'])
  timeIsUp()
  await settle()
  await service[Symbol.asyncDispose]()
  assert.deepEqual(story.slice(6), ['up', 'down'])
})

test('a service that cannot be taken down is said to, and started again', async () => {
  const story: string[] = []
  let fail: Fail = () => undefined
  const start = (failed: Fail) => {
    fail = failed
    story.push('up')
    const isFirst = story.length === 1
    return Promise.resolve({
      [Symbol.asyncDispose]: () =>
        isFirst ? Promise.reject(new Error('stuck')) : Promise.resolve(),
    })
  }
  const say = (why: string) => story.push(why)
  await using _service = await supervise(start, say, () => Promise.resolve())
  fail(new Error('a mistake'))
  await settle()
  assert.deepEqual(story, ['up', 'a mistake', 'stuck', 'up'])
})

test('what cannot start at all says so to whoever starts the daemon', async () => {
  const start = () => Promise.reject(new Error('the port is taken'))
  await assert.rejects(
    supervise(start, () => undefined),
    /the port is taken/,
  )
})

/** Everything that waits for nothing but a turn has had it. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}
