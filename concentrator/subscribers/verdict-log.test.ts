import assert from 'node:assert/strict'
import { test } from 'node:test'
import { interval } from '../../shared/config/interval.fake.ts'
import { VerdictLog } from './verdict-log.ts'

const NOW = Date.UTC(2026, 10, 26, 20, 0, 0)

test('an interval is judged from what both ends saw, and its facts are kept until the next', () => {
  const log = new VerdictLog()
  const street = {
    processorShare: 0.2,
    down: { heldShare: 0.9, servedShare: 0 },
    serverHeldShare: 0,
  }
  log.hear('home-1', [interval(NOW, 1_900)], street, NOW)
  const { intervals, last } = log.of('home-1')!
  assert.deepEqual(
    intervals.map(({ limit, atMs, direction }) => ({ limit, atMs, direction })),
    [{ limit: 'dsl-sync/full', atMs: NOW, direction: 'down' }],
  )
  assert.match(last?.sentence ?? '', /^The lines are full: DSL carried 15\.2 of 16\.0 Mbit\/s/)
  assert.equal(last?.street?.down.heldShare, 0.9)
})

test('five minutes become a span when they are over', () => {
  const log = new VerdictLog()
  for (let s = 10; s <= 610; s += 10) {
    log.hear(
      'home-1',
      [interval(NOW + s * 1_000, s <= 300 ? 1_900 : 100)],
      undefined,
      NOW + s * 1_000,
    )
  }
  const { spans, intervals } = log.of('home-1')!
  assert.deepEqual(
    spans.map(({ limit, atMs }) => [limit, (atMs - NOW) / 1_000]),
    [
      ['dsl-sync/full', 300],
      ['demand/met', 600],
    ],
  )
  assert.ok((spans[0]?.share ?? 0) > 0.95)
  assert.equal(intervals.length, 12)
})

test('a home with a clock in another year tells of now, and one that has gone leaves nothing', () => {
  const log = new VerdictLog()
  log.hear('home-1', [interval(NOW + 1e12, 100)], undefined, NOW)
  assert.equal(log.of('home-1')?.intervals[0]?.atMs, NOW)
  log.forget('home-1')
  assert.equal(log.of('home-1'), undefined)
})
