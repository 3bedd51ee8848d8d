import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Budget, UNLIMITED } from '../../shared/core/budget.ts'
import { SAID } from '../../shared/core/house.fake.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { HouseFlow } from './house-flows.ts'
import type { LinkFacts } from './links.ts'
import { Steering } from './loop.ts'
import type { PathLegs } from './path-legs.ts'
import type { ProbeWay } from './probes.ts'
import type { HomeNow } from './standbys.ts'

test('a house that starts is bonded as soon as the concentrator answers, on both legs', () => {
  const house = new House()
  assert.equal(house.board.reachable, false)
  house.play(200)
  assert.deepEqual([house.board.reachable, house.capture, house.active], [true, true, 'dsl'])
  assert.ok(house.board.leg('dsl').up && house.board.leg('lte').up)
  assert.deepEqual(house.board.leg('lte').address4, knownAddress('100.64.0.2'))
  assert.ok(Math.abs(house.board.leg('dsl').srttUs - 20_000) < 2_000)
  assert.deepEqual(house.log, [
    'leg for unbonded traffic dsl',
    'leg up dsl-up probe answered in 20 ms',
    'concentrator reachable concentrator answers probes',
    'leg up lte-up probe answered in 45 ms',
  ])
})

test('routes and probes follow a leg before it is asked', () => {
  const house = new House()
  house.play(20)
  assert.deepEqual(house.told.slice(0, 4), [
    'route dsl 203.0.113.2 via 203.0.113.1',
    'route lte 100.64.0.2 via 100.64.0.1',
    'active dsl',
    'capture off',
  ])
  assert.equal(house.ways.dsl?.device, 'ppp0')

  house.play(200)
  house.told.length = 0
  house.change('lte', { address4: knownAddress('100.64.9.9') })
  house.play(20)
  assert.deepEqual(house.told, ['route lte 100.64.9.9 via 100.64.0.1'])
  assert.deepEqual(house.ways.lte?.local, knownAddress('100.64.9.9'))
  assert.deepEqual(house.seen.lte.address4, knownAddress('100.64.9.9'))
})

test('when DSL dies unbonded traffic goes out by LTE, its old flows forgotten, and comes back', () => {
  const house = new House()
  house.play(1_000)
  house.told.length = 0
  house.log.length = 0
  house.change('dsl', { missing: 'no carrier' })
  house.play(20)
  assert.equal(house.board.leg('dsl').up, false)
  assert.equal(house.seen.dsl.use, 'dead')
  assert.ok(house.told.indexOf('active lte') < house.told.indexOf('flush dsl'))
  assert.deepEqual(house.log, ['leg down dsl-down no carrier', 'leg for unbonded traffic lte'])
  assert.equal(house.capture, true)

  house.change('dsl', { missing: undefined })
  house.play(500)
  assert.deepEqual([house.active, house.board.leg('dsl').up], ['dsl', true])
  assert.ok(!house.told.includes('flush lte'))
})

test('a concentrator that falls silent is bypassed: no leg dies, no subflow is touched', () => {
  const house = new House()
  house.play(1_000)
  house.answering = { dsl: false, lte: false }
  house.steering.suspect(house.nowMs)
  house.play(1_500)
  assert.deepEqual([house.board.reachable, house.capture, house.active], [false, false, 'dsl'])
  assert.deepEqual([house.seen.dsl.use, house.seen.lte.use], ['doubtful', 'doubtful'])
  assert.match(house.log.at(-1) ?? '', /^concentrator unreachable .* on dsl and lte for \d+ ms$/)

  house.answering = { dsl: true, lte: true }
  house.play(500)
  assert.deepEqual([house.board.reachable, house.capture], [true, true])
  assert.deepEqual(house.log.slice(-1), ['concentrator reachable concentrator answers probes'])
})

test('a doubt that is soon over is neither logged nor acted on', () => {
  const house = new House()
  house.play(1_000)
  house.log.length = 0
  house.told.length = 0
  for (let i = 0; i < 20; i++) {
    house.steering.suspect(house.nowMs)
    house.play(500)
  }
  assert.deepEqual([house.log, house.told], [[], []])
})

test('data threads are rung when something changed for them, and not otherwise', () => {
  const house = new House()
  house.play(2_000)
  const rings = house.rings
  assert.ok(rings >= 2 && rings <= 5, `${rings} rings`)
  house.play(20_000)
  assert.equal(house.rings, rings)
  house.lanConnections++
  house.play(20)
  assert.deepEqual([house.rings, house.home?.active], [rings, true])
  house.play(600_000)
  assert.equal(house.home?.active, false)
})

test('a router that refuses the capture is asked again a second later', async () => {
  const house = new House()
  house.refusesCapture = true
  house.play(500)
  await new Promise(setImmediate)
  house.refusesCapture = false
  house.play(2_000)
  assert.equal(house.capture, true)
  assert.match(house.log.join(), /capture not set/)
})

test('a home that is interactive is told the quicker leg, and threads and subflows hear of it', () => {
  const house = new House()
  house.play(1_000)
  house.inUse = { interactive: true, handover: false }
  house.flows.push({ ...flow(1, 0), serviceClass: 'interactive' })
  house.play(2_000)
  assert.deepEqual([house.board.quicker, house.quicker], ['dsl', 'dsl'])
  house.queueMs = 200
  house.play(400)
  assert.deepEqual([house.board.quicker, house.quicker], ['lte', 'lte'])
  house.queueMs = 0
  house.play(3_000)
  assert.deepEqual([house.board.quicker, house.quicker], ['dsl', 'dsl'])
})

test('a home that has spent its month has no LTE for what is interactive while DSL lives', () => {
  const house = new House()
  house.play(1_000)
  house.inUse = { interactive: true, handover: false }
  house.flows.push({ ...flow(1, 0), serviceClass: 'interactive' })
  house.queueMs = 200
  house.play(2_000)
  assert.deepEqual([house.board.quicker, house.quicker], ['lte', 'lte'])
  house.budget = { pressure: 1, aheadPercent: 50, spent: true }
  house.play(2_000)
  assert.deepEqual([house.board.quicker, house.quicker], ['dsl', 'dsl'])
})

test('a full house lets new flows by, and does not change its mind with each', () => {
  const house = new House()
  house.play(500)
  house.told.length = 0
  for (let i = 0; i < 20; i++) {
    house.room = i % 2 === 1
    house.play(40)
  }
  house.room = true
  house.play(2_000)
  assert.deepEqual(house.told, ['capture off', 'capture on'])
})

test('LTE helps the download that fills DSL, not the call beside it, and says why', () => {
  const house = new House()
  house.flows.push(flow(7, 0), flow(8, 0))
  house.play(1_000)
  house.log.length = 0
  // 50 Mbit/s, of which the call has 80 kbit/s.
  const download = (forMs: number) => {
    for (let atMs = 0; atMs < forMs; atMs += 20) {
      house.received.dsl += 20 * 6_250
      house.flows.splice(0, 2, flow(7, house.received.dsl), flow(8, house.nowMs * 10))
      house.play(20)
    }
  }
  download(1_000)
  assert.deepEqual([house.log, [...house.helped]], [[], []])
  house.queueMs = 25
  download(1_000)
  assert.deepEqual(house.helped, [7])
  assert.equal(house.log.length, 1)
  assert.match(house.log[0] ?? '', /^lte helps dsl-queue \d+ ms at 100 % for \d+ ms$/)
  assert.equal(house.steering.status().help.down.engaged, true)

  house.queueMs = 0
  house.play(2_000)
  assert.deepEqual(house.helped, [])
  assert.match(house.log[1] ?? '', /^lte rests dsl-spare \d+ % for \d+ ms$/)
})

test('an LTE that may carry nothing is a dead one, and no question is put to it', () => {
  const house = new House()
  house.play(1_000)
  house.log.length = 0
  house.barred = 'roaming'
  house.play(20)
  assert.deepEqual(house.log, ['leg down lte-down roaming'])
  assert.deepEqual(
    [house.seen.lte.use, house.ways.lte, house.board.leg('lte').up],
    ['dead', undefined, false],
  )
  house.change('dsl', { missing: 'no carrier' })
  house.play(2_000)
  assert.equal(house.active, undefined)

  house.barred = undefined
  house.play(1_000)
  assert.deepEqual([house.seen.lte.use, house.active], ['up', 'lte'])
})

/** Two legs that answer after their round trip, and hands that note what they were told. */
class House {
  nowMs = 0
  answering: Record<LegName, boolean> = { dsl: true, lte: true }
  active: LegName | undefined
  capture: boolean | undefined
  refusesCapture = false
  room = true
  /** Why LTE may carry nothing. */
  barred: string | undefined
  budget: Budget = UNLIMITED
  rings = 0
  lanConnections = 0
  inUse = { interactive: false, handover: false }
  /** What stands in DSL's queue. */
  queueMs = 0
  readonly received: Record<LegName, number> = { dsl: 0, lte: 0 }
  readonly flows: HouseFlow[] = []
  /** Tokens of the flows that LTE helps. */
  helped: number[] = []
  /** As the path manager hears it. */
  quicker: LegName | undefined
  readonly log: string[] = []
  readonly told: string[] = []
  readonly ways: Partial<Record<LegName, ProbeWay | undefined>> = {}
  readonly board = LegBoard.create()
  readonly steering: Steering
  seen: PathLegs
  home: HomeNow | undefined
  #number = 0
  #nextMs = 0
  readonly #echoes: Array<{ atMs: number; run: () => void }> = []
  readonly #facts: Record<LegName, LinkFacts> = {
    dsl: link(3, '203.0.113.2', '203.0.113.1'),
    lte: link(4, '100.64.0.2', '100.64.0.1'),
  }

  constructor() {
    const none = { use: 'dead', ifIndex: 0, address4: undefined, address6: undefined } as const
    this.seen = { dsl: none, lte: none }
    const say = (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      const { reason, leg, why } = fields
      this.log.push(`${message} ${String(reason ?? why ?? leg)}`)
    }
    const legs = {
      dsl: { interface: 'ppp0', downMbps: 50 },
      lte: { interface: 'wwan0' },
    }
    const remotes = [{ address: knownAddress('192.0.2.10'), port: 8_803 }]
    const overflow = {
      engagePercent: 93,
      engageMs: 100,
      releasePercent: 91,
      releaseMs: 1_000,
      trialS: 5,
      burstMegabytes: 15,
    }
    const probes = { idleDslS: 30, idleLteS: 300, lteNatIdleS: 120, retries: 3 }
    const shaping = { dslShare: 0.97 }
    this.steering = new Steering({ legs, probes, overflow, shaping, standby: 'hot' }, remotes, {
      links: {
        look: () => ({ dsl: this.#sample('dsl'), lte: this.#sample('lte') }),
      },
      probes: {
        place: (leg, way) => {
          this.ways[leg] = way
          return 0
        },
        ask: (leg) => this.#ask(leg),
      },
      paths: {
        lookAgain: () => undefined,
        steer: (pathLegs, home, flows) => {
          this.seen = pathLegs
          this.home = home
          this.quicker = [...flows()][0]?.legsNow?.quicker
          this.helped = [...flows()].filter(({ helped }) => helped).map(({ token }) => token)
        },
      },
      router: {
        setActiveLeg: (leg) => {
          this.active = leg
          this.told.push(`active ${leg}`)
        },
        refreshLeg: (leg, { address4, gateway4 }) => {
          this.told.push(`route ${leg} ${address4} via ${gateway4}`)
        },
        flushLeg: (leg) => {
          this.told.push(`flush ${leg}`)
        },
        setCapture: (on) => {
          if (this.refusesCapture) return Promise.reject(new Error('nft says no'))
          this.capture = on
          this.told.push(`capture ${on ? 'on' : 'off'}`)
          return Promise.resolve()
        },
      },
      shaper: { waitingUp: () => undefined },
      board: this.board,
      flows: () => this.flows,
      allowance: () => ({ barred: this.barred, throttleMbps: undefined, budget: this.budget }),
      lanConnections: () => this.lanConnections,
      measuring: () => false,
      classesInUse: () => this.inUse,
      transfers: () => ({ dslUnsentMs: 0, gapBytes: 0 }),
      guard: { look: () => false, of: () => 'free' },
      roomForFlows: () => this.room,
      wake: () => {
        this.rings++
      },
      log: { debug: () => undefined, info: say, warn: say },
    })
  }

  change(leg: LegName, facts: Partial<LinkFacts>): void {
    const path = `${this.#facts[leg].path} ${String(facts.missing)} ${String(facts.address4)}`
    this.#facts[leg] = { ...this.#facts[leg], ...facts, path }
  }

  play(forMs: number): void {
    const untilMs = this.nowMs + forMs
    while (this.nowMs < untilMs) {
      this.nowMs += 5
      for (const echo of this.#echoes.filter(({ atMs }) => atMs <= this.nowMs)) {
        this.#echoes.splice(this.#echoes.indexOf(echo), 1)
        echo.run()
      }
      if (this.nowMs >= this.#nextMs) this.#nextMs = this.nowMs + this.steering.tick(this.nowMs)
    }
  }

  #sample(leg: LegName) {
    const rxBytes = this.received[leg]
    const counters = { txPackets: 0, txBytes: 0, rxPackets: Math.ceil(rxBytes / 1_400), rxBytes }
    return { facts: this.#facts[leg], counters }
  }

  #ask(leg: LegName): number {
    const number = this.#number++
    const rttMs = leg === 'dsl' ? 20 + this.queueMs : 45
    const atMs = this.nowMs + rttMs
    if (this.answering[leg]) {
      const run = () => this.steering.heard(leg, number, rttMs, this.nowMs, SAID)
      this.#echoes.push({ atMs, run })
    }
    return number
  }
}

function flow(token: number, downBytes: number): HouseFlow {
  const bulk = downBytes >= 65_536
  return { token, pooled: false, serviceClass: 'overflow', bulk, upBytes: 0, downBytes }
}

function link(ifIndex: number, address: string, gateway4: string): LinkFacts {
  const address4 = knownAddress(address)
  const nothing = { missing: undefined, address6: undefined, gateway6: undefined }
  return { ...nothing, ifIndex, address4, gateway4, path: `${LEGS.length} ${address}` }
}
