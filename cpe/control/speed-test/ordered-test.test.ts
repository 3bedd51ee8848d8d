import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { SpeedTestNews } from '../../../shared/config/speed-messages.ts'
import type { SpeedTestState, Subject } from '../../../shared/core/speed-result.ts'
import type { Starter } from '../../../shared/core/speed-turns.ts'
import { OrderedTest } from './ordered-test.ts'
import type { NoTurn } from './speed-test.ts'

const RUNNING = { subject: 'dsl', step: 'path' } as const

test('an ordered test is begun, and each step of it is told under its order', () => {
  const home = new Home()
  home.ordered.obey({ order: 'a', wish: 'start', subjects: ['dsl'] })
  home.goes({ running: { subject: 'dsl', step: 'down' } })
  home.goes({})
  assert.deepEqual(home.started, ['operator dsl'])
  assert.deepEqual(
    home.said.map(({ order, running }) => `${order} ${running?.step}`),
    ['a path', 'a down', 'a undefined'],
  )
})

test('of a test that somebody in the home begins nothing is told', () => {
  const home = new Home()
  home.goes({ running: RUNNING })
  home.goes({})
  home.ordered.tellAgain()
  assert.deepEqual(home.said, [])
})

test('while one runs another order is refused, and the first goes on', () => {
  const home = new Home()
  home.ordered.obey({ order: 'a', wish: 'start' })
  home.refusal = { why: 'runs', waitMs: 19_001 }
  home.ordered.obey({ order: 'b', wish: 'start' })
  home.goes({})
  assert.deepEqual(
    home.said.slice(1).map(({ order, refused }) => [order, refused]),
    [
      ['b', { why: 'runs', waitS: 20 }],
      ['a', undefined],
    ],
  )
})

test('only the order that runs is stopped', () => {
  const home = new Home()
  home.ordered.obey({ order: 'a', wish: 'start' })
  home.ordered.obey({ order: 'b', wish: 'stop' })
  assert.equal(home.stopped, 0)
  home.ordered.obey({ order: 'a', wish: 'stop' })
  assert.equal(home.stopped, 1)
  home.goes({})
  home.ordered.obey({ order: 'a', wish: 'stop' })
  assert.equal(home.stopped, 1)
})

test('what was told while no session stood is told again, and the same order is no second test', () => {
  const home = new Home()
  home.ordered.obey({ order: 'a', wish: 'start' })
  home.ordered.tellAgain()
  home.goes({})
  home.ordered.tellAgain()
  home.ordered.obey({ order: 'a', wish: 'start' })
  assert.equal(home.started.length, 1)
  assert.deepEqual(
    home.said.map(({ running }) => running?.step),
    ['path', 'path', undefined, undefined, undefined],
  )
})

class Home {
  readonly said: SpeedTestNews[] = []
  readonly started: string[] = []
  stopped = 0
  refusal: NoTurn | undefined
  state: SpeedTestState = { megabytes: 50, lteMegabytes: 20 }
  #hear: (state: SpeedTestState) => void = () => undefined
  readonly ordered = new OrderedTest(this, (news) => this.said.push(news))

  goes({ running }: Pick<SpeedTestState, 'running'>): void {
    this.state = { megabytes: 50, lteMegabytes: 20, ...(running && { running }) }
    this.#hear(this.state)
  }

  start(by: Starter, wanted?: readonly Subject[]): NoTurn | undefined {
    if (this.refusal !== undefined) return this.refusal
    this.started.push(`${by} ${wanted?.join() ?? 'all'}`)
    this.goes({ running: RUNNING })
    return undefined
  }

  stop(): void {
    this.stopped += 1
  }

  watch(hear: (state: SpeedTestState) => void): Disposable {
    this.#hear = hear
    return { [Symbol.dispose]: () => undefined }
  }
}
