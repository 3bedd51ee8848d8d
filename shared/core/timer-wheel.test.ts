import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import { Deadline, TimerWheel } from './timer-wheel.ts'

test('a deadline fires once, never early and at most a slot late', () => {
  const { wheel, deadline, fired } = one()
  wheel.arm(deadline, 1_005)
  wheel.advance(1_004)
  assert.deepEqual(fired, [])
  wheel.advance(1_010)
  wheel.advance(20_000)
  assert.deepEqual(fired, ['fired'])
})

test('a deadline further away than a turn of the wheel waits for its own turn', () => {
  const { wheel, deadline, fired } = one()
  wheel.arm(deadline, 300_000)
  for (let nowMs = 0; nowMs < 300_000; nowMs += 1_000) wheel.advance(nowMs)
  assert.deepEqual(fired, [])
  wheel.advance(300_000)
  assert.deepEqual(fired, ['fired'])
})

test('a disarmed deadline stays silent', () => {
  const { wheel, deadline, fired } = one()
  wheel.arm(deadline, 50)
  wheel.disarm(deadline)
  wheel.advance(1_000)
  assert.deepEqual(fired, [])
  assert.equal(wheel.waitMs(1_000), -1)
})

test('arming again moves the deadline', () => {
  const { wheel, deadline, fired } = one()
  wheel.arm(deadline, 50)
  wheel.arm(deadline, 500)
  wheel.advance(400)
  assert.deepEqual(fired, [])
  wheel.advance(500)
  assert.deepEqual(fired, ['fired'])
})

test('a deadline that disarms its neighbour while it fires leaves the wheel whole', () => {
  const wheel = new TimerWheel(0)
  const fired: string[] = []
  const late = new Deadline(() => fired.push('late'))
  const neighbour = new Deadline(() => fired.push('neighbour'))
  const killer = new Deadline(() => {
    wheel.disarm(neighbour)
    wheel.arm(killer, 100)
    fired.push('killer')
  })
  wheel.arm(late, 20)
  wheel.arm(neighbour, 20)
  wheel.arm(killer, 20)
  wheel.advance(30)
  assert.deepEqual(fired, ['killer', 'late'])
  wheel.advance(100)
  assert.deepEqual(fired, ['killer', 'late', 'killer'])
})

test('waitMs() never sleeps past a deadline, and after a long sleep all that is due fires', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = mulberry32(seed)
    const wheel = new TimerWheel(0)
    let nowMs = 0
    const firedAtMs = new Map<number, number>()
    const wantedMs: number[] = []
    for (let i = 0; i < 200; i++) {
      const atMs = nowMs + random() * (i % 20 === 0 ? 60_000 : 500)
      wantedMs[i] = atMs
      wheel.arm(new Deadline(() => firedAtMs.set(i, nowMs)), atMs)
      nowMs += random() * (i % 50 === 0 ? 9_000 : 30)
      wheel.advance(nowMs)
    }
    for (let waitMs = wheel.waitMs(nowMs); waitMs >= 0; waitMs = wheel.waitMs(nowMs)) {
      nowMs += waitMs
      wheel.advance(nowMs)
    }
    for (const [i, atMs] of wantedMs.entries()) {
      const gotMs = firedAtMs.get(i)
      assert.ok(
        gotMs !== undefined && gotMs >= atMs,
        `deadline ${i} fired at ${gotMs}, seed ${seed}`,
      )
    }
  }
})

function one(): { wheel: TimerWheel; deadline: Deadline; fired: string[] } {
  const fired: string[] = []
  return { wheel: new TimerWheel(0), deadline: new Deadline(() => fired.push('fired')), fired }
}
