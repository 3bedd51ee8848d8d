import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpeedTurns, STARTERS, TURN_LIMITS } from './speed-turns.ts'

const limits = { pauseMs: 30_000, testsAnHour: 3, lteTestsADay: 2 }
const MINUTE_MS = 60_000

test('after a test there is a pause, from its end on', () => {
  const turns = new SpeedTurns(limits)
  assert.equal(turns.waitMs(0), 0)
  turns.began(0)
  turns.ended(18_000)
  assert.deepEqual(
    [18_000, 20_000, 48_000].map((nowMs) => turns.waitMs(nowMs)),
    [30_000, 28_000, 0],
  )
})

test('beyond so many an hour the next waits until the oldest is an hour ago', () => {
  const turns = new SpeedTurns(limits)
  for (let i = 0; i < 3; i++) {
    assert.equal(turns.waitMs(i * MINUTE_MS), 0)
    turns.began(i * MINUTE_MS)
  }
  assert.equal(turns.waitMs(3 * MINUTE_MS), 57 * MINUTE_MS)
  assert.equal(turns.waitMs(60 * MINUTE_MS), 0)
  turns.began(60 * MINUTE_MS)
  assert.equal(turns.waitMs(60 * MINUTE_MS), MINUTE_MS)
})

test('beyond so many a day LTE is left alone, and a day later is not', () => {
  const turns = new SpeedTurns(limits)
  for (const hour of [0, 10]) {
    assert.ok(turns.mayUseLte(hour * 60 * MINUTE_MS))
    turns.usedLte(hour * 60 * MINUTE_MS)
  }
  assert.equal(turns.mayUseLte(23 * 60 * MINUTE_MS), false)
  assert.ok(turns.mayUseLte(24 * 60 * MINUTE_MS))
})

test('whoever asks as often as may be has no more than the hour gives', () => {
  for (const starter of STARTERS) {
    const turns = new SpeedTurns(TURN_LIMITS[starter])
    let begun = 0
    for (let nowMs = 0; nowMs < 60 * MINUTE_MS; nowMs += 1_000) {
      if (turns.waitMs(nowMs) > 0) continue
      turns.began(nowMs)
      turns.ended(nowMs + 8_000)
      begun += 1
    }
    assert.equal(begun, TURN_LIMITS[starter].testsAnHour, starter)
  }
})
