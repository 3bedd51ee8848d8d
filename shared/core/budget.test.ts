import assert from 'node:assert/strict'
import { test } from 'node:test'
import { judgeBudget, monthOf } from './budget.ts'

const plan = { monthlyBytes: 30e9, resetDay: 15 }
const at = (text: string) => Date.parse(`${text}Z`)

test('the month of a plan begins on its day, in UTC, whatever the calendar has', () => {
  const months: ReadonlyArray<[resetDay: number, now: string, start: string, end: string]> = [
    [1, '2026-02-28T23:59', '2026-02-01T00:00', '2026-03-01T00:00'],
    [15, '2026-03-14T23:59', '2026-02-15T00:00', '2026-03-15T00:00'],
    [15, '2026-03-15T00:00', '2026-03-15T00:00', '2026-04-15T00:00'],
    [28, '2027-01-03T12:00', '2026-12-28T00:00', '2027-01-28T00:00'],
    [10, '2026-12-31T12:00', '2026-12-10T00:00', '2027-01-10T00:00'],
  ]
  for (const [resetDay, now, start, end] of months) {
    assert.deepEqual(monthOf(resetDay, at(now)), { startMs: at(start), endMs: at(end) }, now)
  }
})

test('who spends by the plan feels nothing, who is ahead feels it more and more', () => {
  // A third of the month from 15 March to 15 April.
  const now = at('2026-03-25T08:00')
  const pressures = [0, 10, 11, 13, 15, 17, 19, 20].map((gigabytes) => {
    return judgeBudget(plan, gigabytes * 1e9, now).pressure
  })
  assert.deepEqual(pressures.slice(0, 3), [0, 0, 0])
  for (let i = 3; i < pressures.length; i++) {
    assert.ok(
      (pressures[i] ?? 0) > (pressures[i - 1] ?? 0) || pressures[i] === 1,
      pressures.join(' '),
    )
  }
  assert.equal(pressures.at(-1), 1)
  assert.equal(judgeBudget(plan, 15e9, now).aheadPercent, 17)
})

test('what is spent is spent until the month is over', () => {
  assert.equal(judgeBudget(plan, 30e9, at('2026-04-14T23:59')).spent, true)
  assert.equal(judgeBudget(plan, 29.9e9, at('2026-04-14T23:59')).spent, false)
  assert.equal(judgeBudget(plan, 29.9e9, at('2026-04-14T23:59')).pressure, 0)
})
