import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { periodAt, spanStartS } from './usage.ts'

const day = (text: string) => Date.parse(`${text}Z`)

for (const [at, resetDay, from, until] of [
  ['2026-01-31T23:59:59.999', 1, '2026-01-01T00:00', '2026-02-01T00:00'],
  ['2026-02-01T00:00', 1, '2026-02-01T00:00', '2026-03-01T00:00'],
  ['2026-03-14T23:59', 15, '2026-02-15T00:00', '2026-03-15T00:00'],
  ['2026-03-15T00:00', 15, '2026-03-15T00:00', '2026-04-15T00:00'],
  ['2026-01-10T12:00', 28, '2025-12-28T00:00', '2026-01-28T00:00'],
  ['2024-02-29T12:00', 28, '2024-02-28T00:00', '2024-03-28T00:00'],
  // Europe's clocks change: UTC's do not.
  ['2026-03-29T01:30', 29 - 1, '2026-03-28T00:00', '2026-04-28T00:00'],
] as const) {
  test(`at ${at}, with reset day ${resetDay}, a period runs from ${from} until ${until}`, () => {
    const period = { fromS: day(from) / 1_000, untilS: day(until) / 1_000 }
    assert.deepEqual(periodAt(day(at), resetDay), period)
  })
}

test('every moment is in its period, and periods follow each other without a gap', () => {
  const moments = fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(moments, fc.integer({ min: 1, max: 28 }), (at, resetDay) => {
      const { fromS, untilS } = periodAt(at.getTime(), resetDay)
      assert.ok(fromS * 1_000 <= at.getTime() && at.getTime() < untilS * 1_000)
      assert.equal(periodAt(untilS * 1_000, resetDay).fromS, untilS)
      assert.equal(periodAt(fromS * 1_000, resetDay).fromS, fromS)
    }),
  )
})

test('a span begins with the hour and the day of UTC', () => {
  const at = day('2026-10-25T02:59:59.999')
  assert.equal(spanStartS('hour', at), day('2026-10-25T02:00') / 1_000)
  assert.equal(spanStartS('day', at), day('2026-10-25T00:00') / 1_000)
})
