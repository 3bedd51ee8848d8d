import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HomeLook, type IntervalEnd, IntervalMeter } from './interval-meter.ts'

test('sums become rates, and states become shares of the time', () => {
  const meter = new IntervalMeter()
  for (let s = 0; s <= 10; s++) {
    meter.look(
      look({ down: s * 2_000_000, lteUp: s < 5, helps: s > 7, keptOut: s < 2, bonded: s !== 3 }),
      s * 1_000,
    )
  }
  const interval = meter.close(END, 10_000)
  assert.deepEqual(interval?.legs.dsl.carried, { down: 2_000, up: 0 })
  assert.equal(interval?.legs.lte.upShare, 5 / 11)
  assert.deepEqual(interval?.helpShare, { down: 3 / 11, up: 0 })
  assert.deepEqual(interval?.keptOutShare, { down: 2 / 11, up: 0 })
  assert.equal(interval?.bondedShare, 10 / 11)
})

test('a home is not bonded while its connections to the concentrator fail, whatever answers probes there', () => {
  const meter = new IntervalMeter()
  const house = { uplinksOpened: 0, uplinksFailed: 0 }
  const end = { ...END, house: (name: string) => house[name as keyof typeof house] ?? 0 }
  const bondedAfter = (opened: number, failed: number, s: number, lteUp = true) => {
    house.uplinksOpened += opened
    house.uplinksFailed += failed
    meter.look(look({ down: 0, lteUp }), s * 1_000)
    return meter.close(end, s * 1_000 + 1)?.bondedShare
  }
  assert.equal(bondedAfter(40, 1, 0), 1)
  assert.equal(bondedAfter(2, 1, 5), 0)
  assert.equal(bondedAfter(0, 0, 10), 1)
  // One of four, by the only leg that there is; and one of three, by both.
  assert.equal(bondedAfter(4, 1, 15, false), 1)
  assert.equal(bondedAfter(3, 1, 20), 1)
  assert.equal(bondedAfter(1, 1, 25, false), 0)
})

test('an interval in which a speed test ran says so, and the next one does not', () => {
  const meter = new IntervalMeter()
  for (let s = 0; s < 4; s++) meter.look({ ...look({ down: 0 }), testing: s === 2 }, s * 1_000)
  assert.equal(meter.close(END, 4_000)?.testedShare, 0.25)
  meter.look(look({ down: 0 }), 5_000)
  assert.equal(meter.close(END, 6_000)?.testedShare, undefined)
})

test('an interval begins where the one before has ended, and nothing is counted twice', () => {
  const meter = new IntervalMeter()
  const house = { lookedMs: 0, upHeldMs: 3_000 }
  const end = { ...END, house: (name: string) => house[name as keyof typeof house] ?? 0 }
  meter.look(look({ down: 0 }), 0)
  meter.look(look({ down: 5_000_000 }), 5_000)
  assert.equal(meter.close(end, 5_000)?.up.heldShare, 0.6)
  meter.look(look({ down: 6_000_000 }), 10_000)
  const second = meter.close(end, 10_000)
  assert.deepEqual([second?.up.heldShare, second?.legs.dsl.carried.down], [0, 200])
  assert.equal(meter.close(end, 10_000), undefined)
})

test('what DSL can is what is known of it, else the most that it has carried; so it is of LTE', () => {
  const meter = new IntervalMeter()
  for (let s = 0; s <= 10; s++) meter.look(look({ down: s * 2_000_000 }), s * 1_000)
  for (let s = 11; s <= 20; s++) meter.look(look({ down: 20_000_000 }), s * 1_000)
  const most = meter.close(END, 20_000)?.legs.dsl.capacity.down ?? 0
  assert.ok(Math.abs(most - 2_000) < 1, `${most}`)
  meter.look(look({ down: 20_000_000 }), 21_000)
  const known = meter.close({ ...END, dslCapacity: { down: 1_900, up: undefined } }, 21_000)
  assert.equal(known?.legs.dsl.capacity.down, 1_900)
})

test('a queue is what a round trip of our connections takes above the least, else what a fresh probe says', () => {
  const queueOf = (end: Partial<IntervalEnd>) => {
    const meter = new IntervalMeter()
    meter.look(look({ down: 0 }), 0)
    return meter.close({ ...END, ...end }, 1_000)?.legs.lte.queueMs
  }
  const floorMs = { dsl: 20, lte: 45 }
  const probedQueueMs = { dsl: undefined, lte: 9 }
  const legs = { ...END.sockets.legs, lte: { lostShare: NONE, rttMs: 200 } }
  assert.equal(queueOf({ floorMs, sockets: { legs, plainShare: 0 } }), 155)
  assert.equal(queueOf({ floorMs, probedQueueMs }), 9)
  assert.equal(queueOf({ floorMs }), undefined)
})

interface Scene {
  readonly down: number
  readonly lteUp?: boolean
  readonly helps?: boolean
  readonly keptOut?: boolean
  readonly bonded?: boolean
}

function look({
  down,
  lteUp = true,
  helps = false,
  keptOut = false,
  bonded = true,
}: Scene): HomeLook {
  const dsl = { rxBytes: down, txBytes: 0, rxPackets: 0, txPackets: 0 }
  return {
    counters: { dsl, lte: undefined },
    up: { dsl: true, lte: lteUp },
    helps: { down: helps, up: false },
    keptOut: { down: keptOut, up: false },
    testing: false,
    bonded,
  }
}

const NONE = { down: undefined, up: undefined }
const UNUSED = { lostShare: NONE, rttMs: undefined }
const END: IntervalEnd = {
  sockets: { legs: { dsl: UNUSED, lte: UNUSED }, plainShare: undefined },
  processorShare: 0.2,
  lte: 'allowed',
  dslCapacity: NONE,
  lteCap: NONE,
  floorMs: { dsl: undefined, lte: undefined },
  probedQueueMs: { dsl: undefined, lte: undefined },
  house: () => 0,
}
