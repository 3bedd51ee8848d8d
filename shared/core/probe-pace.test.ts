import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ProbePace } from './probe-pace.ts'

test('a load that leaves the queue empty for two seconds is clean, a higher one is not', () => {
  const pace = new ProbePace()
  play(pace, 1_000, 0, 1_900)
  assert.equal(pace.isClean(1_000, 1_900), false)
  play(pace, 1_000, 1_950, 200)
  assert.equal(pace.isClean(1_000, 2_200), true)
  assert.equal(pace.isClean(1_040, 2_200), true)
  assert.equal(pace.isClean(1_060, 2_200), false)
})

test('one queue makes every load doubtful again, and so does a minute', () => {
  const pace = new ProbePace()
  play(pace, 1_000, 0, 3_000)
  pace.observe(900, false, 3_050)
  assert.equal(pace.isClean(500, 3_100), false)
  play(pace, 1_000, 3_100, 3_000)
  pace.observe(1_000, undefined, 20_000)
  assert.equal(pace.isClean(1_000, 60_000), true)
  assert.equal(pace.isClean(1_000, 67_000), false)
})

function play(pace: ProbePace, rate: number, fromMs: number, forMs: number): void {
  for (let ms = 0; ms <= forMs; ms += 50) pace.observe(rate, true, fromMs + ms)
}
