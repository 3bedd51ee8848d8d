import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LTE_USE, ORDER, TUNNEL_COUNT, tunnelBoard } from '../data/tunnel-board.ts'
import { TunnelSteering } from './tunnel-steering.ts'

type Verdict = Parameters<TunnelSteering['look']>[0]['down']
const IDLE: Verdict = {
  engaged: false,
  keptOut: false,
  helpedMs: 0,
  dslBytesPerMs: 0,
  lteBytesPerMs: 0,
  dslCapacity: undefined,
}

test('packets are routed into the tunnel while it stands', () => {
  const { look, count, routed } = steered()
  look()
  count[TUNNEL_COUNT.ifIndex] = 7
  look()
  count[TUNNEL_COUNT.ifIndex] = 8
  look()
  count[TUNNEL_COUNT.ifIndex] = 0
  look()
  assert.deepEqual(routed, [undefined, 7, 8, undefined])
})

test('packets are routed past a tunnel whose thread has stopped turning', () => {
  const { look, count, routed, clock } = steered()
  count[TUNNEL_COUNT.ifIndex] = 7
  count[TUNNEL_COUNT.turnedMs] = clock.ms
  look()
  for (let tick = 0; tick < 150; tick++) {
    clock.ms += 20
    look()
  }
  assert.equal(routed[1], 7)
  assert.equal(routed.at(-1), undefined)
})

test('a home ahead of its budget has LTE when it helps the bond, and the thread is rung for each turn', () => {
  const { look, orders, rings, spend } = steered()
  spend(0.2)
  look()
  look({ ...IDLE, engaged: true })
  look({ ...IDLE, engaged: true })
  assert.equal(orders[ORDER.lteDown], 1)
  assert.equal(orders[ORDER.lteUp], 0)
  assert.equal(rings(), 1)
  look()
  assert.equal(orders[ORDER.lteDown], 0)
  assert.equal(rings(), 2)
})

test('a home within its budget lets LTE carry what DSL has no room for', () => {
  const { look, orders } = steered()
  look()
  assert.deepEqual([orders[ORDER.lteUp], orders[ORDER.lteDown]], [1, 1])
})

test('a home that has spent its month has no LTE for what DSL has no room for, however late in it', () => {
  const { look, orders, spend } = steered()
  spend(0, true)
  look()
  const spared = [LTE_USE.spared, LTE_USE.spared]
  assert.deepEqual([orders[ORDER.lteUp], orders[ORDER.lteDown]], spared)
})

test('LTE carries nothing while DSL is known to carry much more than it does', () => {
  const { look, orders } = steered()
  look({ ...IDLE, dslCapacity: 1_000, dslBytesPerMs: 790 })
  assert.equal(orders[ORDER.lteDown], 0)
  look({ ...IDLE, dslCapacity: 1_000, dslBytesPerMs: 800 })
  assert.equal(orders[ORDER.lteDown], 1)
})

test('what passes beside the tunnel is what DSL carries without it', () => {
  const { look, orders, count, clock } = steered()
  for (let tick = 0; tick < 100; tick++) {
    clock.ms += 50
    count[TUNNEL_COUNT.dslDownBytes]! += 50 * 2_000
    look({ ...IDLE, dslBytesPerMs: 5_000, dslCapacity: 6_250 })
  }
  assert.equal(orders[ORDER.dslCapacityDown], 6_250)
  assert.ok(Math.abs(orders[ORDER.dslBesideDown]! - 3_000) < 10, `${orders[ORDER.dslBesideDown]}`)
})

function steered() {
  const board = tunnelBoard()
  const routed: Array<number | undefined> = []
  const clock = { ms: 1_000_000 }
  let rung = 0
  let budget = { pressure: 0, spent: false }
  const steering = new TunnelSteering(
    { board, wake: () => void rung++ },
    { setTunnel: (ifIndex) => void routed.push(ifIndex) },
    { up: undefined, down: 6_250 },
    () => clock.ms,
  )
  return {
    routed,
    clock,
    orders: board.orders,
    count: board.counters.row(0),
    rings: () => rung,
    spend: (pressure: number, spent = false) => {
      budget = { pressure, spent }
    },
    look: (down = IDLE) => {
      if (board.counters.read('turnedMs') === 0)
        board.counters.row(0)[TUNNEL_COUNT.turnedMs] = clock.ms
      steering.look({ up: IDLE, down: { ...IDLE, ...down } }, budget, clock.ms)
    },
  }
}
