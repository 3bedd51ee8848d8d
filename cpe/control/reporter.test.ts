import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import { type HouseStatus, Reporter } from './reporter.ts'

const NOW = Date.UTC(2026, 10, 26)

test('what the legs have carried is a sum that begins with the agent', () => {
  const home = new Home()
  home.carry(1_000, 2_000)
  home.carry(1_500, 9_000)
  assert.deepEqual(home.report().usage.dsl, { upBytes: 500, downBytes: 7_000 })
  home.carry(1_600, 9_000)
  assert.deepEqual(home.report().usage.dsl, { upBytes: 600, downBytes: 7_000 })
})

test('an interface that comes back with other counters takes nothing away', () => {
  const home = new Home()
  home.carry(1_000, 1_000)
  home.carry(5_000, 5_000)
  home.carry(undefined, undefined)
  home.carry(10, 10)
  home.carry(110, 20)
  assert.deepEqual(home.report().usage.dsl, { upBytes: 4_100, downBytes: 4_010 })
})

test('a reason is told until the concentrator has heard it, with its date', () => {
  const home = new Home()
  home.reasons.push({ atMs: 4_000, text: 'dsl-full 97 %', kind: 'dsl-full' })
  home.nowMs = 10_000
  home.carry(0, 0)
  const texts = () => home.report().reasons.map(({ text }) => text)
  assert.deepEqual(home.report().reasons[0], { atMs: NOW + 4_000, text: 'dsl-full 97 %' })
  assert.deepEqual(texts(), ['dsl-full 97 %', 'dsl-up echo', 'lte-up echo'])
  home.reporter.heard()
  assert.deepEqual(texts(), [])
  home.nowMs = 12_000
  home.dsl = { state: 'dead', reason: 'no carrier' }
  home.carry(0, 0)
  assert.deepEqual(texts(), ['dsl-dead no carrier'])
})

test('a doubt about a leg is told as its state, and is no reason for anything', () => {
  const home = new Home()
  home.carry(0, 0)
  home.report()
  home.reporter.heard()
  home.nowMs += 1_000
  home.dsl = { state: 'suspect', reason: 'silence' }
  home.carry(0, 0)
  const { legs, reasons } = home.report()
  assert.deepEqual(legs.dsl, { state: 'suspect', reason: 'silence' })
  assert.deepEqual(reasons, [])
})

test('what DSL carries, for which reason LTE helps and what the month has left is told where it is known', () => {
  const home = new Home()
  assert.deepEqual(home.report().dslCapacity, {})
  assert.deepEqual(home.report().lte, { helps: {} })
  home.capacity = 6_250
  home.helps = true
  home.month = { usedBytes: 5e9, monthlyBytes: 20e9 }
  home.reasons.push(
    { atMs: 1, text: 'dsl-full 97 %', kind: 'dsl-full', direction: 'down' },
    { atMs: 2, text: 'dsl-queue 40 ms', kind: 'dsl-queue', direction: 'up' },
    { atMs: 3, text: 'lte-slow', kind: 'lte-slow' },
  )
  assert.deepEqual(home.report().dslCapacity, { down: 6_250_000 })
  assert.deepEqual(home.report().lte, { helps: { down: 'dsl-full' }, budgetUsed: 0.25 })
})

class Home {
  readonly reporter = new Reporter()
  readonly reasons: Parameters<Reporter['report']>[2][number][] = []
  nowMs = 1_000
  capacity: number | undefined
  helps = false
  month: { usedBytes: number; monthlyBytes: number } | undefined
  dsl = { state: 'up', reason: 'echo' }

  carry(txBytes: number | undefined, rxBytes: number | undefined): void {
    const counters: LegCounters | undefined =
      txBytes === undefined || rxBytes === undefined
        ? undefined
        : { txBytes, rxBytes, txPackets: 0, rxPackets: 0 }
    this.reporter.look((leg) => (leg === 'dsl' ? counters : undefined), this.#status(), this.nowMs)
  }

  report() {
    const { month, reasons, nowMs } = this
    return this.reporter.report(this.#status(), { month }, reasons, nowMs, NOW + nowMs)
  }

  #status(): HouseStatus {
    const well = { state: 'up', reason: 'echo', rttMs: undefined }
    return {
      legs: { dsl: { ...this.dsl, rttMs: undefined }, lte: well },
      concentrator: { state: 'reachable', reason: 'echo' },
      help: {
        down: { engaged: this.helps, dslCapacity: this.capacity },
        up: { engaged: false, dslCapacity: undefined },
      },
    }
  }
}
