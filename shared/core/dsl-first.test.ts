/**
 * Evenings in a painted home (house.fake.ts): what DSL first owes the household and its operator.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNLIMITED } from './budget.ts'
import { mulberry32 } from './chance.fake.ts'
import { DslFirst } from './dsl-first.ts'
import { PaintedHouse, POLICY, SAID } from './house.fake.ts'

const DSL = 6_250
const UP = 1_250

for (const [name, configured] of [
  ['as it is', DSL],
  ['not at all', undefined],
  ['20 % too high', 1.2 * DSL],
  ['20 % too low', 0.8 * DSL],
] as const) {
  test(`demand at 80 % of DSL leaves LTE alone, with DSL configured ${name}`, () => {
    const house = home(1, configured)
    house.open(1, 0.8 * DSL)
    house.play(60_000)
    const { dsl, lte } = house.carried
    assert.ok(lte <= 0.03 * (dsl + lte), `${lte} of ${dsl + lte} bytes; ${story(house)}`)
  })

  test(`demand without end has both lines within a second, with DSL configured ${name}`, () => {
    const house = home(2, configured)
    house.open(1, Infinity)
    house.play(1_000)
    assert.ok((house.decisions[0]?.atMs ?? Infinity) <= 1_000, story(house))
    const before = { ...house.carried }
    house.play(60_000)
    const carried = house.carried.dsl + house.carried.lte - before.dsl - before.lte
    assert.ok(carried >= 0.95 * 60_000 * (DSL + house.lteRate), story(house))
    assert.equal(house.decisions.length, 1, story(house))
  })
}

test('a demand that stays the same does not flap, whatever it is', () => {
  for (let share = 0.5; share <= 3; share += 0.1) {
    for (const flows of [1, 4, 40]) {
      const house = home(Math.round(share * 100) + flows, DSL)
      for (let token = 0; token < flows; token++) house.open(token, (share * DSL) / flows)
      house.play(10_000)
      const cycles = house.decisions.filter(({ engaged }) => engaged).length
      const most = share > 0.9 && share < 1.15 ? 3 : 1
      assert.ok(cycles <= most, `${flows} flows of ${share.toFixed(2)} together: ${story(house)}`)
    }
  }
})

test('a load that DSL carries well for hours is not probed for like one that fills it', () => {
  const house = home(5, undefined)
  house.open(1, 0.4 * DSL)
  house.play(10_000)
  const before = house.probes
  house.play(60_000)
  const perSecond = (house.probes - before) / 60
  assert.ok(perSecond >= 0.9 && perSecond < 4, `${perSecond} a second`)
  house.open(2, Infinity)
  const fromMs = house.nowMs
  house.play(1_000)
  assert.ok((house.decisions[0]?.atMs ?? Infinity) - fromMs <= 1_000, story(house))
})

test('demand that ends has LTE quiet within a second and a half', () => {
  const house = home(3, DSL)
  house.open(1, Infinity)
  house.play(20_000)
  house.close(1)
  house.play(1_500)
  assert.deepEqual(
    house.decisions.map(({ engaged }) => engaged),
    [true, false],
    story(house),
  )
})

test('a call beside downloads that LTE helps stays on DSL', () => {
  const house = home(4, DSL)
  for (let token = 1; token <= 3; token++) house.open(token, DSL / 2)
  house.open(4, 12)
  house.play(10_000)
  assert.ok(house.dslFirst.helps(1) || house.dslFirst.helps(2) || house.dslFirst.helps(3))
  assert.equal(house.dslFirst.helps(4), false)
})

test('an LTE that turns bad costs less than a twentieth of DSL, however often it is tried again', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const house = heldUp(seed)
    for (let minute = 0; minute < 3; minute++) {
      const before = { ...house.carried }
      house.play(30_000)
      const carried = house.carried.dsl + house.carried.lte - before.dsl - before.lte
      assert.ok(carried >= 0.95 * 30_000 * DSL, `seed ${seed}: ${carried}; ${story(house)}`)
    }
    assert.ok(house.decisions.length >= 4, story(house))
  }
})

test('an LTE that moves only now and then while DSL waits for it is let go as soon as one that moves all the time', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const house = heldUp(seed)
    house.lteEveryMs = 400
    house.play(1_200)
    assert.match(
      house.decisions.at(-1)?.reason ?? '',
      /^guard lte /,
      `seed ${seed}: ${story(house)}`,
    )
    assert.ok(house.dslFirst.bars(1), `seed ${seed}`)
  }
})

test('a demand that shrinks while LTE moves is not taken for one that LTE holds up', () => {
  for (let seed = 1; seed <= 10; seed++) {
    const house = home(seed, DSL)
    house.open(1, Infinity)
    house.play(6_000)
    const flow = house.flows[0]
    assert.ok(flow)
    flow.wants = 0.5 * DSL
    house.play(5_000)
    assert.doesNotMatch(story(house), /guard/, `seed ${seed}: ${story(house)}`)
    assert.match(house.decisions.at(-1)?.reason ?? '', /^dsl-spare/, story(house))
  }
})

test('what LTE held up is barred from it while DSL lives, and not when DSL has died', () => {
  const house = heldUp(8)
  house.play(1_500)
  assert.equal(house.dslFirst.bars(1), true)
  house.alive.dsl = false
  house.play(20)
  assert.equal(house.dslFirst.bars(1), false)
})

test('a budget that is spent leaves LTE alone, but for a dead DSL', () => {
  const house = home(6, DSL)
  house.open(1, Infinity)
  house.play(5_000)
  assert.ok(house.carried.lte > 0)
  house.budget = { pressure: 1, aheadPercent: 50, spent: true }
  house.play(500)
  const before = house.carried.lte
  house.play(10_000)
  assert.equal(house.carried.lte, before)
  house.alive.dsl = false
  house.play(5_000)
  assert.ok(house.carried.lte > before + 4_000 * house.lteRate)
  house.alive.dsl = true
  house.play(500)
  const back = house.carried.lte
  house.play(10_000)
  assert.equal(house.carried.lte, back)
})

test('a shaped uplink is full when it carries its rate, though probes pass what waits for it', () => {
  const decisions = uploads({ shapedUp: true, share: 0.98, queueMs: 0 })
  assert.equal(decisions.length, 1)
  assert.match(decisions[0] ?? '', /^up dsl-full \d+ % for \d+ ms$/)
  // Unshaped, the same load without a queue is that of a line that has room.
  assert.deepEqual(uploads({ shapedUp: false, share: 0.96, queueMs: 0 }), [])
})

test('a download that leaves more unsent than DSL takes has LTE, whatever DSL carries and though it has no queue', () => {
  for (const share of [0.9, 0.6, 0.3]) {
    const download = { shapedKbps: 0, share, queueMs: 0 }
    const decisions = downloads({ ...download, unsent: (nowMs) => nowMs > 3_000 })
    assert.equal(decisions.length, 1, decisions.join())
    assert.match(decisions[0] ?? '', /^down dsl-full more unsent for [4-6]\d\d ms$/)
    // What is handed over at once is not unsent for long.
    assert.deepEqual(downloads({ ...download, unsent: (nowMs) => nowMs % 1_000 < 200 }), [])
  }
})

test('a shaped uplink has room below engagePercent of its rate, whatever downloads queue for', () => {
  assert.deepEqual(uploads({ shapedUp: true, share: 0.9, queueMs: 0 }), [])
  const beside = uploads({ shapedUp: true, share: 0.9, queueMs: 40, downShare: 1 })
  assert.deepEqual(new Set(beside.map((decision) => decision.slice(0, 4))), new Set(['down']))
})

test('an uplink that carries less than it is shaped to is known by the queue in the modem', () => {
  const decisions = uploads({ shapedUp: true, share: 0.75, queueMs: 40 })
  assert.match(decisions[0] ?? '', /^up dsl-queue \d+ ms at \d+ % for \d+ ms$/)
})

test('a download that the concentrator shapes is full at its rate, though echoes pass what waits there', () => {
  const shapedKbps = 0.97 * DSL * 8
  const decisions = downloads({ shapedKbps, share: 0.96, queueMs: 0 })
  assert.match(decisions.join('; '), /^down dsl-full 9[89] % for \d+ ms$/)
  assert.deepEqual(downloads({ shapedKbps: 0, share: 0.96, queueMs: 0 }), [])
})

test('a shaped download has room where 90 % of the line are asked for', () => {
  assert.deepEqual(downloads({ shapedKbps: 0.97 * DSL * 8, share: 0.9, queueMs: 0 }), [])
})

test('a DSL that carries less than the concentrator shapes it to is known by its queue', () => {
  const decisions = downloads({ shapedKbps: DSL * 8, share: 0.75, queueMs: 40 })
  assert.match(decisions[0] ?? '', /^down dsl-queue \d+ ms at \d+ % for \d+ ms$/)
})

test('evenings of any weather: no flapping, DSL never idle while LTE works for overflow, no budget overdrawn', () => {
  for (let seed = 1; seed <= EVENINGS; seed++) {
    const random = mulberry32(seed)
    const house = home(seed, random() < 0.5 ? DSL : undefined)
    if (random() < 0.3) house.lteBytesMax = 60e6 * random()
    let token = 0
    let retrained = false
    for (let minute = 0; minute < 4; minute++) {
      const before = { ...house.carried }
      live(house, random, () => ++token)
      const { dsl, lte } = house.carried
      const overdrawn = house.alive.dsl && before.lte >= house.lteBytesMax
      // What the flags take to be felt, and a machine that sleeps.
      const late = overdrawn ? lte - before.lte : 0
      assert.ok(late <= 500 * house.lteRate, `seed ${seed}: ${late} bytes; ${story(house)}`)
      // A line that was slower in the last minutes is taken for that until a trial shows otherwise.
      if (house.dslRate !== DSL) retrained = true
      const helped =
        !retrained && house.alive.dsl && lte - before.lte > 0.2 * 10_000 * house.lteRate
      // Engaged for a good part of ten seconds: then DSL has carried a good part of what it can.
      const part = (dsl - before.dsl) / (10_000 * house.dslRate)
      assert.ok(!helped || part > 0.4, `seed ${seed}: DSL at ${part.toFixed(2)}; ${story(house)}`)
    }
    for (const [i, { atMs, engaged }] of house.decisions.entries()) {
      const later = house.decisions[i + 1]
      if (later === undefined || !engaged) continue
      const told = /^(dsl-up|lte-down|guard|budget)/.test(later.reason)
      assert.ok(told || later.atMs - atMs >= POLICY.releaseMs, `seed ${seed}: ${story(house)}`)
    }
  }
})

test('a shaped uplink that was taken for slower is full all the same when something waits for it', () => {
  const decisions = uploads({ shapedUp: true, share: 0.75, queueMs: 40, waitsAfterMs: 5_000 })
  // Not let go again: it is as full as a line can be.
  assert.equal(decisions.length, 1, decisions.join('; '))
  assert.match(decisions[0] ?? '', /^up dsl-queue/)
})

/**
 * Ten seconds of an upload that has this share of what DSL is configured to, and of LTE what it can get,
 * with this queue in the round trip. The decisions, as `up dsl-full 98 % for 100 ms`.
 */
function uploads(line: {
  shapedUp: boolean
  share: number
  queueMs: number
  downShare?: number
  /** Then it takes all that DSL is shaped to, and something waits with us. */
  waitsAfterMs?: number
}): string[] {
  const decisions: string[] = []
  const configured = { down: DSL, up: UP }
  const { shapedUp } = line
  const dslFirst = new DslFirst(POLICY, { configured, shapedUp }, (direction, _, reason) =>
    decisions.push(`${direction} ${reason}`),
  )
  const none = { txPackets: 0, rxPackets: 0, txBytes: 0, rxBytes: 0 }
  let helpedBytes = 0
  let txBytes = 0
  const forMs = line.waitsAfterMs === undefined ? 10_000 : 30_000
  for (let nowMs = 0; nowMs < forMs; nowMs += 20) {
    const waits = nowMs > (line.waitsAfterMs ?? Infinity)
    txBytes += 20 * UP * (waits ? 1 : line.share)
    const rxBytes = (line.downShare ?? 0) * DSL * nowMs
    const counters = { ...none, txBytes, rxBytes }
    const waiting = () => (line.waitsAfterMs === undefined ? undefined : waits ? 6_000 : 0)
    const dsl = { path: 'dsl', counters, dead: undefined, waiting }
    if (dslFirst.status().up.engaged && !waits) helpedBytes += UP * 20
    const lte = { path: 'lte', counters: { ...none, txBytes: helpedBytes }, dead: undefined }
    dslFirst.judge({ dsl, lte }, () => [], UNLIMITED, nowMs)
    // A path is asked a few times when it is new.
    for (let i = 0; i < 12 && nowMs === 0; i++) dslFirst.heard(20, nowMs, SAID)
    if (dslFirst.wantsProbe(nowMs)) {
      dslFirst.heard(20 + (waits ? 0 : line.queueMs), nowMs, SAID)
    }
  }
  return decisions
}

/** The same of a download; `shapedKbps` and `unsent` are what echoes say. */
function downloads(line: {
  shapedKbps: number
  share: number
  queueMs: number
  /** At that time. */
  unsent?: (nowMs: number) => boolean
}): string[] {
  const decisions: string[] = []
  const said = { configured: { down: undefined, up: undefined }, shapedUp: false }
  const dslFirst = new DslFirst(POLICY, said, (direction, _, reason) =>
    decisions.push(`${direction} ${reason}`),
  )
  const none = { txPackets: 0, rxPackets: 0, txBytes: 0, rxBytes: 0 }
  let helpedBytes = 0
  for (let nowMs = 0; nowMs < 10_000; nowMs += 20) {
    const dsl = {
      path: 'dsl',
      counters: { ...none, rxBytes: line.share * DSL * nowMs },
      dead: undefined,
    }
    if (dslFirst.status().down.engaged) helpedBytes += DSL * 20
    const lte = { path: 'lte', counters: { ...none, rxBytes: helpedBytes }, dead: undefined }
    dslFirst.judge({ dsl, lte }, () => [], UNLIMITED, nowMs)
    const said = { shapedKbps: line.shapedKbps, unsent: line.unsent?.(nowMs) ?? false }
    for (let i = 0; i < 12 && nowMs === 0; i++) dslFirst.heard(20, nowMs, said)
    // Who wants none has one a second all the same: that DSL lives must be known.
    const wanted = dslFirst.wantsProbe(nowMs) || nowMs % 1_000 === 0
    if (wanted) dslFirst.heard(20 + line.queueMs, nowMs, said)
  }
  return decisions
}

/** Ten seconds of somebody's evening. */
function live(house: PaintedHouse, random: () => number, newToken: () => number): void {
  house.alive.dsl = random() > 0.05
  house.alive.lte = random() > 0.05
  if (random() < 0.1) house.dslRate = DSL * (0.4 + 0.6 * random())
  if (random() < 0.3) house.lteRate = 400 + 8_000 * random()
  house.lteHolds = random() < 0.1
  for (const { token } of [...house.flows]) if (random() < 0.6) house.close(token)
  const flows = Math.floor(random() ** 2 * 8)
  for (let i = 0; i < flows; i++) {
    house.open(newToken(), random() < 0.3 ? Infinity : DSL * random() ** 2)
  }
  house.play(10_000)
}

/** A download that LTE helps, and that waits for it from now on. */
function heldUp(seed: number): PaintedHouse {
  const house = home(seed, DSL)
  house.open(1, Infinity)
  house.play(6_000)
  house.lteRate = 375
  house.lteHolds = true
  return house
}

function home(seed: number, configured: number | undefined): PaintedHouse {
  return new PaintedHouse(mulberry32(seed), configured)
}

function story({ decisions }: PaintedHouse): string {
  const told = decisions.map(
    ({ atMs, engaged, reason }) => `${atMs} ${engaged ? 'on' : 'off'} ${reason}`,
  )
  return told.slice(0, 12).join('; ')
}

const EVENINGS = 1_000
