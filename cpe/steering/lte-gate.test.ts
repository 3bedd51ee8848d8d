import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNLIMITED } from '../../shared/core/budget.ts'
import { paintedLog } from '../../shared/daemon/log.fake.ts'
import { LteGate } from './lte-gate.ts'

const spent = { pressure: 1, aheadPercent: 20, spent: true }

test('a throttle and a bar are told to the hands once, and taken back', () => {
  const home = new Home('throttle')
  home.look()
  assert.deepEqual(home.told, [])
  home.budget = spent
  home.look()
  home.look()
  assert.deepEqual(home.told, ['throttle 1.5', 'lte throttled'])
  home.budget = UNLIMITED
  home.look()
  assert.deepEqual(home.told.splice(0, 4).slice(2), [
    'throttle undefined',
    'lte no longer throttled',
  ])
  home.roams = true
  assert.equal(home.look().barred, 'roaming')
  assert.equal(home.standing.barred, 'roaming')
  home.look()
  home.roams = false
  home.look()
  assert.deepEqual(home.told, ['bar true', 'bar false'])
})

test('another policy judges from the next look on, by the same count', () => {
  const home = new Home('throttle')
  home.budget = { ...UNLIMITED, spent: true }
  home.roams = true
  assert.equal(home.look().barred, 'roaming')
  home.adopt('off', 'allow')
  assert.equal(home.look().barred, 'budget spent')
  assert.deepEqual(home.told, ['bar true', 'month from 9'])
  home.adopt('throttle', 'allow')
  assert.equal(home.look().throttleMbps, 1.5)
})

class Home {
  budget = UNLIMITED
  roams = false
  readonly told: string[] = []
  readonly #gate: LteGate

  constructor(atCap: 'throttle') {
    this.#gate = new LteGate(
      { budget: { atCap, throttleMbps: 1.5, resetDay: 1 }, roaming: 'deny' },
      {
        look: () => this.budget,
        adopt: ({ resetDay }) => this.told.push(`month from ${resetDay}`),
        month: undefined,
        [Symbol.dispose]: () => undefined,
      },
      { look: () => this.roams },
      {
        shaper: { throttleLte: (mbps) => this.told.push(`throttle ${mbps}`) },
        bar: { set: (on) => this.told.push(`bar ${on}`) },
        log: {
          ...paintedLog(assert.fail),
          info: paintedLog((message) => this.told.push(message)).info,
        },
      },
    )
  }

  adopt(atCap: 'throttle' | 'off', roaming: 'deny' | 'allow') {
    this.#gate.adopt({ budget: { atCap, throttleMbps: 1.5, resetDay: 9 }, roaming })
  }

  get standing() {
    return this.#gate.standing
  }

  look() {
    return this.#gate.look(undefined, 0, 0)
  }
}
