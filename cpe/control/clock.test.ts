import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HouseClock } from './clock.ts'

const NOW = Date.UTC(2026, 10, 26)

test('a clock that nobody has set gives way to what the concentrator has told, until it is set', () => {
  let own = 5_000
  let monotonic = 5_000
  const clock = new HouseClock(
    () => own,
    () => monotonic,
  )
  assert.equal(clock.unixMs(), 5_000)
  clock.told(NOW)
  assert.equal(clock.unixMs(), NOW)
  own += 3_000
  monotonic += 3_000
  assert.equal(clock.unixMs(), NOW + 3_000)
  // NTP is there, and as it is a little off, it is still the better one.
  own = NOW + 3_500
  assert.equal(clock.unixMs(), NOW + 3_500)
})
