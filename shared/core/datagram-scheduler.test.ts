import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import {
  blest,
  cheapestFirst,
  ecf,
  lowestRtt,
  NO_PATH,
  type Path,
  redundant,
  type Scheduler,
  schedulerMemory,
  weighted,
} from './datagram-scheduler.ts'

const BYTES = 1_400
const FIRST = 1
const SECOND = 2

/** DSL: 50 Mbit/s, 20 ms, primary. LTE: 80 Mbit/s, 45 ms, overflow only. */
const dsl = path({ priority: 3, srttUs: 20_000, rate: 6_250, windowBytes: 125_000 })
const lte = path({ priority: 2, srttUs: 45_000, rate: 10_000, windowBytes: 450_000 })

for (const [name, scheduler] of Object.entries({
  cheapestFirst,
  lowestRtt,
  weighted,
  blest,
  ecf,
})) {
  test(`${name} never picks a leg that is not usable`, () => {
    assert.equal(pick(scheduler, [{ ...dsl, usable: false }, lte]), SECOND)
    assert.equal(pick(scheduler, [dsl, { ...lte, usable: false }]), FIRST)
  })

  test(`${name} never picks a leg without room`, () => {
    const chosen = pick(scheduler, [{ ...dsl, roomBytes: BYTES - 1 }, lte])
    assert.ok(chosen === SECOND || chosen === NO_PATH)
    assert.equal(pick(scheduler, [dsl, { ...lte, roomBytes: 0 }]), FIRST)
  })

  test(`${name} says wait when no leg has room, and when there is none`, () => {
    assert.equal(
      pick(scheduler, [
        { ...dsl, roomBytes: 0 },
        { ...lte, roomBytes: 0 },
      ]),
      NO_PATH,
    )
    assert.equal(pick(scheduler, []), NO_PATH)
  })

  test(`${name} leaves a standby leg alone while a better one is usable, be it full`, () => {
    const standby = { ...lte, priority: 1 }
    assert.equal(pick(scheduler, [{ ...dsl, roomBytes: 0 }, standby]), NO_PATH)
    assert.equal(pick(scheduler, [{ ...dsl, usable: false }, standby]), SECOND)
  })

  test(`${name} does not care in which order the legs are listed`, () => {
    const one = pick(scheduler, [dsl, lte])
    const other = pick(scheduler, [lte, dsl])
    assert.equal(other, one === FIRST ? SECOND : FIRST)
  })
}

test('cheapestFirst takes the highest priority that has room, ties by round trip', () => {
  assert.equal(
    pick(cheapestFirst, [
      { ...lte, priority: 3 },
      { ...dsl, priority: 4 },
    ]),
    SECOND,
  )
  assert.equal(pick(cheapestFirst, [{ ...lte, priority: 3 }, dsl]), SECOND)
  assert.equal(pick(cheapestFirst, [{ ...dsl, roomBytes: 0 }, lte]), SECOND)
  // Dear and quick is dear all the same.
  assert.equal(pick(cheapestFirst, [dsl, { ...lte, srttUs: 1_000 }]), FIRST)
})

test('lowestRtt takes the least round trip that has room, whatever it costs', () => {
  assert.equal(pick(lowestRtt, [dsl, { ...lte, srttUs: 1_000 }]), SECOND)
  assert.equal(pick(lowestRtt, [{ ...dsl, roomBytes: 0 }, lte]), SECOND)
})

test('weighted gives each leg its share of the rate, and equal legs turns', () => {
  const memory = schedulerMemory()
  const counts = [0, 0, 0]
  for (let i = 0; i < 1_300; i++) counts[weighted([dsl, lte], BYTES, 0, memory)]! += 1
  assert.deepEqual(counts, [0, 500, 800])

  const turns = schedulerMemory()
  const twins = [dsl, { ...dsl }]
  let difference = 0
  for (let i = 0; i < 1_000; i++) {
    difference += weighted(twins, BYTES, 0, turns) === FIRST ? 1 : -1
    assert.ok(Math.abs(difference) <= 1)
  }
})

test('redundant takes every usable leg, full ones too, but standby ones only when they are all', () => {
  const third = path({ priority: 2, usable: false })
  const full = { ...dsl, roomBytes: 0 }
  assert.equal(pick(redundant, [full, lte, third]), 0b011)
  assert.equal(pick(redundant, [full, { ...lte, priority: 1 }, third]), 0b001)
  const standby = { ...full, priority: 1 }
  assert.equal(pick(redundant, [standby, { ...lte, priority: 1 }, third]), 0b011)
})

test('blest uses the slow leg only where the quick one could not fill the window meanwhile', () => {
  const full = { ...dsl, roomBytes: 0 }
  // 2,048 packets are held at the far end; the quick leg sends 4 x 95 in a slow round trip.
  assert.equal(pick(blest, [full, lte]), SECOND)
  // A leg of ten times the rate sends 3,900.
  assert.equal(pick(blest, [{ ...full, windowBytes: 1_250_000 }, lte]), NO_PATH)
  // A second later than that would be a slow leg of 500 ms.
  const slow = { ...lte, srttUs: 500_000, srttUsMin: 500_000, srttUsMax: 500_000 }
  assert.equal(pick(blest, [full, slow]), NO_PATH)
})

test('blest says what its formula says', () => {
  const random = mulberry32(11)
  let waits = 0
  for (let i = 0; i < 2_000; i++) {
    const f = randomPath(random, 0)
    const s = randomPath(random, 1e6)
    s.srttUs += f.srttUs
    const t = Math.max(
      s.srttUsMin + ((s.srttUsMax - s.srttUsMin) * (s.inflightBytes + BYTES)) / s.windowBytes,
      s.srttUs,
    )
    const n = Math.floor(t / ((f.srttUsMin + f.srttUsMax) / 2)) + 1
    const x = (f.windowBytes / BYTES + (n - 1) / 2) * n
    const waitsToo = 1.2 * x * BYTES > 2_048 * BYTES - (BYTES + s.inflightBytes)
    assert.equal(pick(blest, [f, s]), waitsToo ? NO_PATH : SECOND, `round ${i}`)
    if (waitsToo) waits += 1
  }
  assert.ok(waits > 200 && waits < 1_800, `${waits}`)
})

test('ecf says what its formula says, and waits a little longer once it waits', () => {
  const random = mulberry32(12)
  let waits = 0
  for (let i = 0; i < 2_000; i++) {
    const f = randomPath(random, 0)
    const s = randomPath(random, 1e6)
    s.srttUs += f.srttUs
    const memory = schedulerMemory()
    memory.waiting = random() < 0.5
    const wasWaiting = memory.waiting
    const k = random() * 500_000
    const spread = Math.max(f.rttVarUs, s.rttVarUs)
    const beta = wasWaiting ? 0.25 : 0
    const sooner =
      f.srttUs * (Math.max(k, f.windowBytes) + f.windowBytes) <
      (1 + beta) * f.windowBytes * (s.srttUs + spread)
    const worth = s.srttUs * Math.max(k, s.windowBytes) >= s.windowBytes * (2 * f.srttUs + spread)
    const waitsToo = sooner && worth
    assert.equal(ecf([f, s], BYTES, k, memory), waitsToo ? NO_PATH : SECOND, `round ${i}`)
    assert.equal(memory.waiting, waitsToo || (sooner && wasWaiting), `round ${i}`)
    if (waitsToo) waits += 1
  }
  assert.ok(waits > 200 && waits < 1_800, `${waits}`)
})

function randomPath(random: () => number, roomBytes: number): Path {
  const srttUs = 1_000 + random() * 100_000
  return path({
    roomBytes,
    srttUs,
    srttUsMin: srttUs * (0.5 + random() / 2),
    srttUsMax: srttUs * (1 + random()),
    rttVarUs: random() * 30_000,
    windowBytes: 3_000 + random() * 1_000_000,
    inflightBytes: random() * 500_000,
    rate: 10_000 * random(),
  })
}

function pick(scheduler: Scheduler, paths: readonly Path[]): number {
  return scheduler(paths, BYTES, BYTES, schedulerMemory())
}

function path(of: Partial<Path>): Path {
  const srttUs = of.srttUs ?? 20_000
  return {
    priority: 3,
    usable: true,
    roomBytes: 100_000,
    srttUs,
    rttVarUs: srttUs / 10,
    srttUsMin: srttUs,
    srttUsMax: srttUs,
    windowBytes: 125_000,
    inflightBytes: 0,
    rate: 6_250,
    ...of,
  }
}
