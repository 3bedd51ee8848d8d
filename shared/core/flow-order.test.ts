import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import { FlowOrder, type LegsPassed, Order, RING } from './flow-order.ts'

const NOBODY: LegsPassed = { hasPassed: () => false }
const EVERYBODY: LegsPassed = { hasPassed: () => true }

test('what comes in order leaves at once', () => {
  const flow = new Flow()
  for (const number of [7, 8, 9]) flow.take(number, 0)
  assert.deepEqual(flow.left, [7, 8, 9])
})

test('a packet ahead waits, and leaves when the gap closes', () => {
  const flow = new Flow()
  for (const number of [1, 3, 5, 4, 2, 6]) flow.take(number, 0)
  assert.deepEqual(flow.left, [1, 2, 3, 4, 5, 6])
})

test('a gap is given up when the first behind it has waited enough, not before', () => {
  const flow = new Flow()
  for (const number of [1, 3, 4]) flow.take(number, 0)
  flow.tick(WAIT_US - 1)
  assert.deepEqual(flow.left, [1])
  assert.equal(flow.order.untilUs(), WAIT_US)
  flow.tick(WAIT_US)
  assert.deepEqual(flow.left, [1, 3, 4])
  assert.equal(flow.order.untilUs(), Infinity)
})

test('a gap is given up at once when every leg has passed it', () => {
  const flow = new Flow()
  for (const number of [1, 3, 4]) flow.take(number, 0)
  flow.tick(1, EVERYBODY)
  assert.deepEqual(flow.left, [1, 3, 4])
})

test('a packet whose gap was given up is delivered late, and once', () => {
  const flow = new Flow()
  for (const number of [1, 3]) flow.take(number, 0)
  flow.tick(WAIT_US)
  assert.equal(flow.take(2, WAIT_US), Order.late)
  assert.equal(flow.take(2, WAIT_US), Order.duplicate)
  assert.deepEqual(flow.left, [1, 3, 2])
})

test('a duplicate is dropped: of what left, of what waits', () => {
  const flow = new Flow()
  for (const number of [1, 3]) flow.take(number, 0)
  assert.equal(flow.take(1, 0), Order.duplicate)
  assert.equal(flow.take(3, 0), Order.duplicate)
})

test('a packet that does not ask for order does not wait, and nothing waits for what was before it', () => {
  const flow = new Flow()
  for (const number of [1, 3]) flow.take(number, 0)
  assert.equal(flow.take(5, 0, false), Order.now)
  assert.equal(flow.take(6, 0), Order.now)
  flow.tick(0)
  assert.deepEqual(new Set(flow.left), new Set([1, 3, 5, 6]))
  assert.equal(flow.order.held, 0)
})

test('numbers go on across the wrap of 32 bits', () => {
  const flow = new Flow()
  for (const number of [0xffff_fffe, 0, 0xffff_ffff, 1]) flow.take(number, 0)
  assert.deepEqual(flow.left, [0xffff_fffe, 0xffff_ffff, 0, 1])
})

test('a packet from before the first one is delivered late', () => {
  const flow = new Flow()
  assert.equal(flow.take(0, 0), Order.now)
  assert.equal(flow.take(0xffff_ffff, 0), Order.late)
  assert.deepEqual(flow.left, [0, 0xffff_ffff])
})

test('more than RING packets ahead is not held: the oldest gap is given up', () => {
  const flow = new Flow()
  flow.take(1, 0)
  for (let number = 3; number <= RING + 10; number++) flow.take(number, 0)
  assert.equal(flow.left[1], 3)
  assert.equal(flow.left.length, RING + 9)
})

test('whatever the legs do, nothing is lost or doubled here, and nothing waits longer than it may', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = mulberry32(seed)
    const flow = new Flow()
    const base = Math.floor(random() * 0xffff_ffff)
    const arrivals = Array.from({ length: 600 }, (_, i) => ({
      number: (base + i) >>> 0,
      atUs: i * 1_000 + random() * 40_000,
    })).filter(() => random() > 0.03)
    for (const one of arrivals.slice(0, 40))
      arrivals.push({ ...one, atUs: one.atUs + random() * 30_000 })
    arrivals.sort((a, b) => a.atUs - b.atUs)
    for (const { number, atUs } of arrivals) {
      flow.take(number, atUs)
      flow.tick(atUs, random() < 0.02 ? EVERYBODY : NOBODY)
      assert.ok(flow.order.untilUs() > atUs, `seed ${seed}: held past its time`)
    }
    flow.tick(Infinity)
    const numbers = new Set(arrivals.map(({ number }) => number))
    assert.equal(flow.left.length, numbers.size, `seed ${seed}`)
    assert.deepEqual(new Set(flow.left), numbers, `seed ${seed}`)
  }
})

const WAIT_US = 30_000

/** A flow whose slots are the numbers themselves, by way of a list. */
class Flow {
  readonly order = new FlowOrder()
  readonly left: number[] = []
  readonly #slots: number[] = []

  take(number: number, nowUs: number, ordered = true): Order {
    let order = this.order.judge(number, ordered)
    if (order === Order.full) {
      this.tick(nowUs)
      order = this.order.judge(number, ordered)
    }
    if (order === Order.hold) {
      this.order.hold(number, this.#slots.push(number) - 1, 0, 1, nowUs + WAIT_US)
    } else if (order !== Order.duplicate) this.left.push(number)
    this.tick(nowUs)
    return order
  }

  tick(nowUs: number, passed: LegsPassed = NOBODY): void {
    for (let slot = this.order.ready(passed, nowUs); slot >= 0; ) {
      this.left.push(this.#slots[slot]!)
      slot = this.order.ready(passed, nowUs)
    }
  }
}
