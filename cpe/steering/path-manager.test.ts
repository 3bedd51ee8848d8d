import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALL_WELL, type ServiceClass } from '../../shared/core/service-class.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import type { Endpoint } from '../../shared/wire/mptcp-pm.ts'
import { PaintedMptcp } from './mptcp.fake.ts'
import type { PathLeg } from './path-legs.ts'
import { PathManager } from './path-manager.ts'
import type { HomeNow } from './standbys.ts'

const concentrator: Endpoint = { address: address('192.0.2.10'), port: 8_803 }
const concentrator6: Endpoint = { address: address('2001:db8:c::10'), port: 8_803 }
const dsl = leg(3, '203.0.113.2')
const lte = leg(4, '100.64.0.2')

test('a new connection is joined by the other leg, from its address and with its id', () => {
  const house = new House()
  house.open(7)
  house.tick()
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  house.tick(10)
  assert.deepEqual(house.told(), [])
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.0.2 2'])
})

test('the line that only stands by joins what has lived for a while, warm or in use', () => {
  const house = new House()
  house.helped = false
  house.open(7)
  house.open(8, { pooled: true })
  house.tick(5)
  assert.deepEqual(house.told(), [])
  // Handed out meanwhile: that makes it no younger.
  house.flows.set(8, false)
  house.tick(6)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2', 'create 8 100.64.0.2 2'])
})

test('a connection that has ended within a moment costs no join', () => {
  const house = new House()
  house.helped = false
  house.open(7)
  house.tick(3)
  house.kernel.close(7)
  house.flows.delete(7)
  house.tick(20)
  assert.deepEqual(house.told(), [])
})

test('a young connection has the other line at once when its own dies, or when it shall carry', () => {
  const house = new House()
  house.helped = false
  house.open(7)
  house.tick()
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick()
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  house.legs.dsl = dsl
  house.open(8)
  house.tick()
  house.told()
  house.helped = true
  house.paths.lookAgain()
  house.tick()
  assert.ok(house.told().includes('create 8 100.64.0.2 2'))
})

test('a connection that begins on LTE is joined by DSL', () => {
  const house = new House()
  house.open(7, { from: '100.64.0.2' })
  house.tick(2)
  assert.deepEqual(house.told(), ['create 7 203.0.113.2 1'])
})

test('a warm connection of a home where nobody is stays on its leg until it is taken', () => {
  const house = new House()
  house.home = { ...house.home, active: false }
  house.open(7, { pooled: true })
  house.tick(20)
  assert.deepEqual(house.told(), [])
  house.flows.set(7, false)
  house.tick(6)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
})

test('when a leg dies all 200 connections lose it in one tick: the peer is told, our side ended', () => {
  const house = new House()
  for (let token = 1; token <= 200; token++) house.open(token)
  house.tick(30)
  assert.equal(house.told().length, 200)
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick()
  const told = house.told()
  assert.equal(told.length, 400)
  assert.deepEqual(told.slice(0, 2), ['remove 1 0', 'destroy 1 203.0.113.2'])
  assert.deepEqual(house.kernel.subflowsOf(200), ['100.64.0.2 2'])
  house.tick(100)
  assert.deepEqual(house.told(), [])
})

test('a join that is under way is not begun twice when an address of the other family comes', () => {
  const house = new House()
  house.kernel.answering = false
  house.open(7)
  house.tick(2)
  house.legs.lte = { ...lte, address6: address('2001:db8:e::2') }
  house.tick(50)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
})

test('a join begun as a backup is none when the connection has grown meanwhile', () => {
  const house = new House()
  house.kernel.answering = false
  house.open(7, { pooled: true })
  house.tick(12)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  house.flows.set(7, false)
  house.tick()
  house.kernel.answerJoins()
  house.tick(2)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.0.2 2'])
})

test('a leg that is back gets new subflows with an id of its own', () => {
  const house = new House()
  house.open(7)
  house.tick(30)
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick(2)
  house.legs.dsl = dsl
  house.told()
  house.tick(2)
  assert.deepEqual(house.told(), ['create 7 203.0.113.2 1'])
  assert.deepEqual(house.kernel.subflowsOf(7), ['100.64.0.2 2', '203.0.113.2 1'])
})

test('a doubtful leg keeps its subflows, and so do all when every leg is silent', () => {
  const house = new House()
  house.open(7)
  house.tick(2)
  house.told()
  house.legs.dsl = { ...dsl, use: 'doubtful' }
  house.tick(2)
  house.legs.lte = { ...lte, use: 'doubtful' }
  house.tick(2)
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick(2)
  assert.deepEqual(house.told(), [])
})

test('a changed address is joined under a new id before the old one is removed', () => {
  const house = new House()
  house.open(7)
  house.tick(2)
  house.told()
  house.legs.lte = leg(4, '100.64.9.9')
  house.tick()
  assert.deepEqual(house.told(), ['create 7 100.64.9.9 18', 'remove 7 2', 'destroy 7 100.64.0.2'])
  house.tick(5)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.9.9 18'])

  house.legs.lte = { ...lte, use: 'dead' }
  house.legs.dsl = leg(3, '203.0.113.77')
  house.told()
  house.tick(5)
  // The old address is all it has until the new one stands and has shown that it lasts.
  assert.deepEqual(house.told(), ['create 7 203.0.113.77 1'])
  house.tick(20)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.77 1'])
})

test('a kernel that refuses is asked again, ever more rarely, until it does', () => {
  const house = new House()
  house.kernel.refusing = -ENOTCONN
  house.open(7)
  house.tick(500)
  const tries = house.told().length
  assert.ok(tries >= 6 && tries <= 12, `${tries} tries in 10 s`)
  assert.equal(house.paths.counts.refused.get('ENOTCONN'), tries)
  house.kernel.refusing = 0
  house.tick(300)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.0.2 2'])
})

test('a leg that returns is not punished for what failed before', () => {
  const house = new House()
  house.kernel.refusing = -ENOTCONN
  house.open(7)
  house.tick(1_000)
  house.kernel.refusing = 0
  house.legs.lte = { ...lte, use: 'dead' }
  house.tick()
  house.legs.lte = lte
  house.tick(2)
  assert.equal(house.kernel.subflowsOf(7).length, 2)
})

test('joins that the peer resets do not become a storm', () => {
  const house = new House()
  house.kernel.resetting = true
  house.open(7)
  house.tick(3_000)
  const tries = house.told().length
  assert.ok(tries >= 10 && tries <= 24, `${tries} tries in 60 s`)
})

test('a line that lets joins pass and breaks them costs no connection its dead leg', () => {
  const house = new House()
  house.open(7)
  house.tick()
  house.kernel.hangUp(7, '100.64.0.2')
  house.legs.dsl = { ...dsl, use: 'dead' }
  for (let i = 0; i < 200; i++) {
    house.tick(3)
    house.kernel.hangUp(7, '100.64.0.2')
  }
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0'])
})

test('a connection that has lost all its subflows is joined again when a leg is back', () => {
  const house = new House()
  house.open(7)
  house.tick(100)
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick()
  house.kernel.hangUp(7, '100.64.0.2')
  house.legs.lte = { ...lte, use: 'dead' }
  house.tick(3_000)
  assert.deepEqual(house.kernel.subflowsOf(7), [])
  house.legs.lte = lte
  house.tick(2)
  assert.deepEqual(house.kernel.subflowsOf(7), ['100.64.0.2 2'])
})

test('a subflow that the peer ends after a while comes back at once', () => {
  const house = new House()
  house.open(7)
  house.tick(1_000)
  house.told()
  house.kernel.hangUp(7, '100.64.0.2')
  house.tick(10)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
})

test('lost events are made good by the list of the kernel', () => {
  const house = new House()
  house.open(1)
  house.open(2)
  house.kernel.loseEvents()
  house.tick(2)
  assert.deepEqual(house.told(), ['create 1 100.64.0.2 2', 'create 2 100.64.0.2 2'])
  house.kernel.hangUp(1, '100.64.0.2')
  house.kernel.close(2)
  house.kernel.loseEvents()
  house.tick(20)
  assert.equal(house.kernel.subflowsOf(1).length, 2)
})

test('a connection whose event never came is found within a second, without asking all the time', () => {
  const house = new House()
  house.tick(60)
  house.open(7)
  house.kernel.drain(() => {})
  house.tick(60)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])

  house.flows.set(99, false)
  const before = house.paths.counts.resyncs
  house.tick(500)
  assert.ok(house.paths.counts.resyncs - before <= 11, `${house.paths.counts.resyncs - before}`)
})

test('a connection that is listed in the middle of its handshake gets no second subflow on its leg', () => {
  const house = new House()
  house.kernel.dial(7, '100.64.0.2', concentrator)
  house.kernel.loseEvents()
  house.tick()
  house.kernel.answer(7)
  house.flows.set(7, false)
  house.tick(20)
  assert.deepEqual(house.told(), ['create 7 203.0.113.2 1'])
})

test('2,000 connections take several ticks, and none is forgotten', () => {
  const house = new House()
  for (let token = 1; token <= 2_000; token++) house.open(token)
  house.tick()
  assert.ok(house.told().length <= 520)
  house.tick(10)
  house.legs.lte = { ...lte, use: 'dead' }
  house.told()
  house.tick()
  assert.ok(house.told().length <= 520)
  house.tick(10)
  for (let token = 1; token <= 2_000; token++) {
    assert.deepEqual(house.kernel.subflowsOf(token), ['203.0.113.2 0'])
  }
})

test('connections that are not ours, or have gone, are left alone', () => {
  const house = new House()
  house.kernel.open(5, '203.0.113.2', { ...concentrator, port: 443 })
  house.open(6)
  house.kernel.close(6)
  house.tick(5)
  assert.deepEqual(house.told(), [])
  house.flows.set(5, false)
  house.tick(100)
  assert.deepEqual(house.told(), [])
})

test('a leg joins to the address of the concentrator that its own family can reach', () => {
  const house = new House([concentrator, concentrator6])
  house.legs.lte = { ...lte, address4: undefined, address6: address('2001:db8:e::2') }
  house.open(7)
  house.tick(2)
  assert.deepEqual(house.told(), ['create 7 2001:db8:e::2 2'])
})

test('joins are counted on their leg: those that stood, and those that the peer reset', () => {
  const house = new House()
  house.open(7)
  house.tick(2)
  house.kernel.resetting = true
  house.open(8)
  house.tick(2)
  assert.deepEqual(house.paths.counts.joins, {
    dsl: { stood: 0, failed: 0 },
    lte: { stood: 1, failed: 1 },
  })
})

test('a standby that LTE has not been needed for is ended before its mapping is, and not made anew', () => {
  const house = new House()
  house.home = { ...house.home, lteUsed: false }
  house.helped = false
  house.open(7)
  house.tick(10)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  house.tick(90_000 / 20)
  assert.deepEqual(house.told(), [])
  house.tick(10_000 / 20)
  assert.deepEqual(house.told(), ['remove 7 2', 'destroy 7 100.64.0.2'])
  house.tick(600_000 / 20)
  assert.deepEqual(house.told(), [])
  // DSL is full: it is helped.
  house.helped = true
  house.paths.lookAgain()
  house.tick()
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
})

test('standbys are joined again, and stay, when LTE has been of use', () => {
  const house = new House()
  house.home = { ...house.home, lteUsed: false }
  house.helped = false
  house.open(7)
  house.tick(120_000 / 20)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0'])
  house.told()
  house.home = { ...house.home, lteUsed: true }
  house.kernel.keptAlive = true
  house.tick(600_000 / 20)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  // The hour is over: nothing is asked for a sign of life any more.
  house.home = { ...house.home, lteUsed: false }
  house.kernel.keptAlive = false
  house.tick(20_000 / 20)
  assert.deepEqual(house.told(), ['remove 7 2', 'destroy 7 100.64.0.2'])
})

test('a cold home joins LTE only for who is helped, and when DSL is dead', () => {
  const house = new House()
  house.home = { ...house.home, standby: 'cold' }
  house.helped = false
  house.open(7)
  house.open(8, { pooled: true })
  house.tick(500)
  assert.deepEqual(house.told(), [])
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick()
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2', 'create 8 100.64.0.2 2'])
})

test('at the loss of DSL a standby that was silent for too long is joined anew, then ended alone', () => {
  const house = new House()
  house.helped = false
  house.open(7)
  house.tick(10)
  house.tick(115_000 / 20)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  house.tick(10_000 / 20)
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick()
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
  house.tick(1_000 / 20)
  // Not by its id, which is its successor's too.
  assert.deepEqual(house.told(), ['remove 7 0', 'destroy 7 203.0.113.2', 'destroy 7 100.64.0.2'])
  assert.deepEqual(house.kernel.subflowsOf(7), ['100.64.0.2 2'])
})

for (const [why, become, removed] of [
  ['what has LTE alone from now on', { serviceClass: 'lte-only' }, ['remove 7 0']],
  ['the quicker leg', { legsNow: { quicker: 'lte', secondLeg: false } }, []],
] as const) {
  test(`a standby that LTE may have forgotten is joined anew for ${why}`, () => {
    const house = new House()
    house.helped = false
    house.serviceClass = 'interactive'
    house.open(7)
    house.tick(125_000 / 20)
    assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
    Object.assign(house, become)
    house.tick(1_000 / 20)
    const told = house.told()
    const joined = told.filter((one) => /create|carry/.test(one))
    assert.deepEqual(joined, ['create 7 100.64.0.2 2'])
    // Not by its id, which is its successor's too.
    const removals = told.filter((one) => one.startsWith('remove'))
    assert.deepEqual(removals, removed)
    const standing = house.kernel.subflowsOf(7).filter((one) => one.startsWith('100.64'))
    assert.deepEqual(standing, ['100.64.0.2 2'])
  })
}

test('at the loss of DSL a standby that was heard of lately carries', () => {
  const house = new House()
  house.helped = false
  house.open(7)
  house.tick(100_000 / 20)
  house.told()
  house.legs.dsl = { ...dsl, use: 'dead' }
  house.tick(100)
  assert.deepEqual(house.told().slice(0, 3), [
    'carry 7 100.64.0.2',
    'remove 7 0',
    'destroy 7 203.0.113.2',
  ])
})

test('a warm connection that is taken gets the standby that it had lost', () => {
  const house = new House()
  house.home = { ...house.home, lteUsed: false }
  house.open(7, { pooled: true })
  house.tick(120_000 / 20)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0'])
  house.told()
  house.helped = false
  house.flows.set(7, false)
  house.tick(6)
  assert.deepEqual(house.told(), ['create 7 100.64.0.2 2'])
})

test('LTE becomes a backup when nobody is helped, and the peer is told three times', () => {
  const house = new House()
  house.open(7)
  house.tick(20)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.0.2 2'])
  house.told()
  house.helped = false
  house.paths.lookAgain()
  house.tick()
  assert.deepEqual(house.told(), ['backup 7 100.64.0.2'])
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.0.2 2 backup'])
  house.tick(200)
  assert.deepEqual(house.told(), ['backup 7 100.64.0.2', 'backup 7 100.64.0.2'])
  house.helped = true
  house.paths.lookAgain()
  house.tick()
  assert.deepEqual(house.told(), ['carry 7 100.64.0.2'])
  assert.equal(house.paths.counts.prioritised, 4)
})

test('a flag that somebody else has changed is set right by the list of the kernel', () => {
  const house = new House()
  house.open(7)
  house.tick(20)
  const lte = house.kernel.dump().find(({ localId }) => localId === 2)
  assert.ok(lte !== undefined)
  house.kernel.setBackup(7, lte.local, lte.remote, true)
  house.tick(520)
  assert.deepEqual(house.kernel.subflowsOf(7), ['203.0.113.2 0', '100.64.0.2 2'])
})

/** A kernel, the flow table of the data threads, and two legs. */
class House {
  readonly kernel = new PaintedMptcp()
  /** Pooled or not, by token. */
  readonly flows = new Map<number, boolean>()
  readonly legs = { dsl, lte }
  readonly paths: PathManager
  home: HomeNow = { active: true, lteUsed: true, standby: 'hot', natIdleMs: 120_000 }
  /** Whether LTE helps those that are open. */
  helped = true
  serviceClass: ServiceClass = 'overflow'
  legsNow = ALL_WELL
  #nowMs = 0

  constructor(concentrators: readonly Endpoint[] = [concentrator]) {
    this.paths = new PathManager(this.kernel, () => this.kernel.dump(), concentrators)
  }

  open(token: number, { from = '203.0.113.2', pooled = false } = {}): void {
    this.kernel.open(token, from, concentrator)
    this.flows.set(token, pooled)
  }

  tick(times = 1): void {
    const flows = () =>
      [...this.flows].map(([token, pooled]) => {
        const { serviceClass, legsNow } = this
        return { token, pooled, serviceClass, legsNow, helped: this.helped && !pooled }
      })
    for (let i = 0; i < times; i++) {
      this.#nowMs += 20
      this.kernel.nowMs = this.#nowMs
      this.paths.steer({ ...this.legs }, this.home, flows, this.#nowMs)
    }
  }

  told(): string[] {
    return this.kernel.commands.splice(0)
  }
}

function leg(ifIndex: number, text: string): PathLeg {
  return { use: 'up', ifIndex, address4: address(text), address6: undefined }
}

function address(text: string): Uint8Array {
  const bytes = parseAddress(text)
  assert.ok(bytes !== undefined)
  return bytes
}

const ENOTCONN = 107
