import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../shared/wire/address.ts'
import { Reports } from './reports.ts'
import type { StreetNews } from './room.ts'

const address = parseAddress('203.0.113.2')!

test('the same about the same home is told once in ten seconds, with how often it was not told', () => {
  const { told, reports } = heard()
  const report = { incident: 'limited', address, why: 'too much', subscriber: 1 } as const
  for (let i = 0; i < 50; i++) reports.report(report, i)
  reports.report({ ...report, subscriber: 2 }, 60)
  reports.report(report, 10_000)
  assert.deepEqual(
    told.map((news) => news.event === 'incident' && [news.subscriber, news.hidden]),
    [
      [1, 0],
      [2, 49],
      [1, 0],
    ],
  )
})

test('one kind has twenty lines, and leaves the other kinds theirs', () => {
  const { told, reports } = heard()
  for (let i = 0; i < 50; i++) {
    reports.report({ incident: 'refused', address, why: `reason ${i}`, subscriber: undefined }, 0)
  }
  assert.equal(told.length, 20)
  reports.report({ incident: 'limited', address, why: 'too much', subscriber: 1 }, 0)
  assert.equal(told.length, 21)
})

function heard() {
  const told: StreetNews[] = []
  return { told, reports: new Reports((news) => told.push(news)) }
}
