import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LegRate } from './leg-rate.ts'

const MBIT = 125
const REPORT_US = 20_000

test('a leg whose capacity nobody knows is found in half a second, and filled from then on', () => {
  const leg = new Bottleneck(80 * MBIT)
  leg.run(500)
  assert.ok(leg.rate.rate > 60 * MBIT, `${leg.rate.rate / MBIT} Mbit/s after 0.5 s`)
  const delivered = leg.run(3_000)
  assert.ok(delivered > 0.95 * 80 * MBIT, `${delivered / MBIT} Mbit/s`)
})

test('the queue of a full leg stays short', () => {
  const leg = new Bottleneck(50 * MBIT)
  leg.run(2_000)
  leg.deepestUs = 0
  leg.run(5_000)
  assert.ok(leg.deepestUs < 35_000, `${leg.deepestUs} us`)
})

test('a known capacity is where it begins, and is not exceeded', () => {
  const leg = new Bottleneck(100 * MBIT)
  leg.rate.bound(50 * MBIT, 10 * MBIT)
  assert.equal(leg.rate.rate, 40 * MBIT)
  leg.run(2_000)
  assert.ok(Math.abs(leg.rate.rate - 40 * MBIT) < 1, `${leg.rate.rate / MBIT}`)
})

test('a line whose every byte passes beside keeps a twentieth for the tunnel', () => {
  const rate = new LegRate()
  rate.bound(50 * MBIT, 60 * MBIT)
  assert.equal(rate.rate, 2.5 * MBIT)
})

test('a leg that has become slower is fed less within a second', () => {
  const leg = new Bottleneck(80 * MBIT)
  leg.run(2_000)
  leg.capacity = 20 * MBIT
  leg.run(1_000)
  assert.ok(leg.rate.rate < 24 * MBIT, `${leg.rate.rate / MBIT} Mbit/s`)
})

test('a leg that marks is fed by its marks, and its queue stays at them', () => {
  const deepest = [Infinity, 5_000].map((marksFromUs) => {
    const leg = new Bottleneck(50 * MBIT)
    leg.marksFromUs = marksFromUs
    leg.run(3_000)
    leg.deepestUs = 0
    const delivered = leg.run(4_000)
    assert.ok(delivered > 0.94 * 50 * MBIT, `${delivered / MBIT} Mbit/s`)
    return leg.deepestUs
  })
  assert.ok(deepest[1]! < 10_000 && deepest[1]! < deepest[0]! / 1.5, `${deepest.join(', ')} us`)
})

test('the rate stays where it is while there is room to spare', () => {
  const leg = new Bottleneck(80 * MBIT)
  leg.run(1_000, 10 * MBIT)
  assert.equal(leg.rate.rate, 20 * MBIT)
})

test('one impossible delay does not make a queue of all that follow', () => {
  const rate = new LegRate()
  const report = { spanUs: REPORT_US, bytes: 1_000, received: 1, lost: 0, marked: 0 }
  rate.observe({ ...report, delayUs: 10_000 }, 20_000, 1_000_000)
  rate.observe({ ...report, delayUs: -36_000 }, 20_000, 1_020_000)
  rate.observe({ ...report, delayUs: 10_000 }, 20_000, 1_040_000)
  assert.equal(rate.queueUs, 0)
  rate.observe({ ...report, delayUs: 15_000 }, 20_000, 1_060_000)
  assert.equal(rate.queueUs, 5_000)
})

test('one report of a receiver that was away for a moment takes half of the rate at most', () => {
  const rate = new LegRate()
  rate.bound(80 * MBIT, 0)
  const report = { spanUs: REPORT_US, received: 1, lost: 0, marked: 0 }
  for (const atUs of [1_000_000, 1_020_000]) {
    rate.observe({ ...report, bytes: 100_000, delayUs: 10_000 }, 20_000, atUs)
  }
  rate.starve()
  rate.observe({ ...report, bytes: 1_000, delayUs: 110_000 }, 20_000, 1_100_000)
  assert.equal(rate.rate, 40 * MBIT)
})

test('the first report after a rest changes nothing', () => {
  const rate = new LegRate()
  const report = { bytes: 1_000, received: 1, lost: 0, marked: 0, delayUs: 10_000 }
  rate.observe({ ...report, spanUs: REPORT_US }, 20_000, 1_000_000)
  const before = rate.rate
  rate.starve()
  rate.observe({ ...report, delayUs: 25_000, spanUs: 3_000_000 }, 20_000, 4_000_000)
  assert.equal(rate.rate, before)
})

test('a bucket holds a short burst and no more', () => {
  const rate = new LegRate()
  rate.bound(50 * MBIT, 0)
  const room = rate.roomBytes(60_000_000)
  assert.ok(room > 24_000 && room < 50 * MBIT * 30, `${room}`)
  rate.spend(room)
  assert.ok(rate.roomBytes(60_000_000) < 1)
  assert.ok(Math.abs(rate.roomBytes(60_001_000) - 50 * MBIT) < 1)
})

test('a share of a leg is a share of its rate', () => {
  const rate = new LegRate()
  rate.bound(50 * MBIT, 0)
  rate.shareOf(0.1)
  assert.equal(rate.rate, 5 * MBIT)
})

/** A leg with one queue, fed as the bucket allows; reports every 20 ms, a round trip of 20 ms late. */
class Bottleneck {
  readonly rate = new LegRate()
  capacity: number
  deepestUs = 0
  /** What has waited longer is marked. */
  marksFromUs = Infinity
  #nowUs = 1_000_000
  #queue = 0
  #reports: Array<{
    readonly atUs: number
    readonly bytes: number
    readonly delayUs: number
    readonly marked: number
  }> = []

  constructor(capacity: number) {
    this.capacity = capacity
  }

  /** Bytes a millisecond that came out at the far end. */
  run(ms: number, demand = Infinity): number {
    let total = 0
    let bytes = 0
    let least = Infinity
    let marked = 0
    for (let i = 1; i <= ms; i++) {
      this.#nowUs += 1_000
      let wanted = demand
      while (wanted > 1_400) {
        if (this.rate.roomBytes(this.#nowUs) < 1_400) {
          this.rate.starve()
          break
        }
        this.rate.spend(1_400)
        this.#queue += 1_400
        wanted -= 1_400
      }
      const out = Math.min(this.#queue, this.capacity)
      const delayUs = (this.#queue / this.capacity) * 1_000
      this.deepestUs = Math.max(this.deepestUs, delayUs)
      least = Math.min(least, delayUs)
      if (delayUs > this.marksFromUs) marked += 1
      this.#queue -= out
      bytes += out
      total += out
      if (i % (REPORT_US / 1_000) === 0) {
        this.#reports.push({
          atUs: this.#nowUs + 20_000,
          bytes,
          delayUs: Math.round(least),
          marked,
        })
        bytes = 0
        marked = 0
        least = Infinity
      }
      while (this.#reports[0] !== undefined && this.#reports[0].atUs <= this.#nowUs) {
        const report = this.#reports.shift()!
        const received = Math.round(report.bytes / 1_400)
        this.rate.observe({ ...report, spanUs: REPORT_US, received, lost: 0 }, 20_000, this.#nowUs)
      }
    }
    return total / ms
  }
}
