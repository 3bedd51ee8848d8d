import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { SpeedTestNews, SpeedTestOrder } from '../../shared/config/speed-messages.ts'
import { type OrderedTest, SpeedTests } from './speed-tests.ts'

const RUNNING = { subject: 'dsl', step: 'path' }
const RESULT = {
  atMs: 5,
  by: 'operator',
  subjects: { dsl: { downBitsPerS: 45e6 } },
  usedBytes: 7,
  lteUsedBytes: 0,
}

test('a test is ordered, begins with the first word of the home, and is over with its result', async () => {
  const street = new Street()
  const asked = street.tests.ask('home-1', 'noc', ['dsl'])
  const { order } = street.orders[0]!
  assert.deepEqual(street.orders, [{ order, wish: 'start', subjects: ['dsl'] }])
  assert.deepEqual(street.tests.of('home-1'), [])
  street.tells({ order, running: RUNNING, megabytes: 50 })
  const begun = begunOf(await asked)
  assert.deepEqual([begun.id, begun.state, begun.askedBy], [order, 'running', 'noc'])
  street.tells({ order, result: RESULT })
  const [over] = street.tests.of('home-1')
  assert.deepEqual([over?.state, over?.news.result], ['over', RESULT])
})

test('of a home whose lines are all down the whole test may be told at once', async () => {
  const street = new Street()
  const asked = street.tests.ask('home-1', 'noc', undefined)
  const { order } = street.orders[0]!
  street.tells({ order, running: RUNNING })
  street.tells({ order, result: RESULT })
  assert.equal(begunOf(await asked).state, 'over')
})

test('a home that is not here is not asked, and one at a time is', async () => {
  const street = new Street()
  assert.deepEqual(await street.tests.ask('home-9', 'noc', undefined), { why: 'away', waitS: 0 })
  const asked = street.tests.ask('home-1', 'noc', undefined)
  assert.deepEqual(await street.tests.ask('home-1', 'other', undefined), RUNS)
  street.tells({ order: street.orders[0]!.order, running: RUNNING })
  await asked
  assert.deepEqual(await street.tests.ask('home-1', 'other', undefined), RUNS)
  street.tells({ order: street.orders[0]!.order, result: RESULT })
  await street.begins('home-1')
  assert.equal(street.orders.length, 2)
})

test('why a home does not begin is told, and nothing is remembered of it', async () => {
  const street = new Street()
  const often = street.tests.ask('home-1', 'noc', undefined)
  street.tells({ order: street.orders[0]!.order, refused: { why: 'often', waitS: 17 } })
  assert.deepEqual(await often, { why: 'often', waitS: 17 })
  const old = street.tests.ask('home-1', 'noc', undefined)
  street.tests.notUnderstood('home-1', 'dance')
  street.tests.notUnderstood('home-1', 'speedTest')
  assert.deepEqual(await old, { why: 'unable', waitS: 0 })
  assert.deepEqual(
    [...street.tests.answers],
    [
      ['begun', 0],
      ['often', 1],
      ['unable', 1],
    ],
  )
  assert.deepEqual(street.tests.of('home-1'), [])
})

test('a home that says nothing is told to stop what it may have begun', async (t: TestContext) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const street = new Street()
  const asked = street.tests.ask('home-1', 'noc', undefined)
  t.mock.timers.tick(5_000)
  assert.deepEqual(await asked, { why: 'silent', waitS: 0 })
  assert.deepEqual(
    street.orders.map(({ wish }) => wish),
    ['start', 'stop'],
  )
  street.tells({ order: street.orders[0]!.order, running: RUNNING })
  assert.deepEqual(street.tests.of('home-1'), [])
})

test('a test that nothing is heard of is lost, keeps nobody waiting, and is found again', async () => {
  const street = new Street()
  const { id } = await street.begins('home-1')
  street.nowMs += 31_000
  assert.equal(street.tests.of('home-1')[0]?.state, 'lost')
  street.tells({ order: id, running: RUNNING })
  assert.equal(street.tests.of('home-1')[0]?.state, 'running')
  street.nowMs += 31_000
  await street.begins('home-1')
  street.tells({ order: id, result: RESULT })
  assert.deepEqual(
    street.tests.of('home-1').map(({ state }) => state),
    ['over', 'running'],
  )
})

test('a home that tells of a test without end has lost it, and keeps nobody else from one', async () => {
  const street = new Street()
  const { id } = await street.begins('home-1')
  for (let s = 0; s <= 310; s += 10) {
    street.nowMs = 1_000 * s
    street.tells({ order: id, running: RUNNING })
  }
  assert.equal(street.tests.of('home-1')[0]?.state, 'lost')
  await street.begins('home-1')
  street.tells({ order: id, result: RESULT })
  assert.equal(street.tests.of('home-1')[0]?.state, 'over')
})

test('so many are remembered of a home, and so many run at once', async () => {
  const street = new Street()
  for (let i = 0; i < 7; i++) {
    const { id } = await street.begins('home-1')
    street.tells({ order: id, result: { ...RESULT, atMs: i } })
  }
  const kept = street.tests.of('home-1').map(({ news }) => news.result?.atMs)
  assert.deepEqual(kept, [2, 3, 4, 5, 6])
  for (let i = 0; i < 32; i++) {
    street.homes.add(`home-${100 + i}`)
    await street.begins(`home-${100 + i}`)
  }
  assert.deepEqual(await street.tests.ask('home-1', 'noc', undefined), { why: 'full', waitS: 10 })
  street.tests.forget('home-100')
  await street.begins('home-1')
})

test('a test is stopped by its name, where its home is here', async () => {
  const street = new Street()
  const begun = await street.begins('home-1')
  assert.equal(street.tests.stop(begun), true)
  assert.deepEqual(street.orders.at(-1), { order: begun.id, wish: 'stop' })
  street.homes.clear()
  assert.equal(street.tests.stop(begun), false)
})

function begunOf(answer: Awaited<ReturnType<SpeedTests['ask']>>): OrderedTest {
  assert.ok('id' in answer, JSON.stringify(answer))
  return answer
}

class Street {
  readonly homes = new Set(['home-1'])
  readonly orders: SpeedTestOrder[] = []
  nowMs = 0
  readonly tests = new SpeedTests({
    sessionOf: (id) =>
      this.homes.has(id) ? { orderTest: (order) => void this.orders.push(order) } : undefined,
    nowMs: () => this.nowMs,
    unixMs: () => 1_000,
  })

  tells(news: SpeedTestNews, subscriber = 'home-1'): void {
    this.tests.hear(subscriber, news)
  }

  async begins(subscriber: string): Promise<OrderedTest> {
    const asked = this.tests.ask(subscriber, 'noc', undefined)
    this.tells({ order: this.orders.at(-1)!.order, running: RUNNING }, subscriber)
    return begunOf(await asked)
  }
}

const RUNS = { why: 'runs', waitS: 20 }
