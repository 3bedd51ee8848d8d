import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Backlog } from './backlog.ts'

test('what a stall has held back is pending until it has come', () => {
  const backlog = new Backlog()
  play(backlog, 5_000, 10_000)
  assert.equal(backlog.pending, false)
  play(backlog, 0, 200)
  assert.equal(backlog.pending, true)
  play(backlog, 6_250, 500)
  assert.equal(backlog.pending, true)
  play(backlog, 6_250, 500)
  assert.equal(backlog.pending, false)
})

test('a download in a home at rest is demand from its first byte', () => {
  const backlog = new Backlog()
  play(backlog, 20, 10_000)
  play(backlog, 6_250, 100)
  assert.equal(backlog.pending, false)
})

test('what nearly fills a line needs long to come after a stall', () => {
  const backlog = new Backlog()
  play(backlog, 5_700, 20_000)
  play(backlog, 0, 200)
  play(backlog, 6_250, 2_300)
  assert.equal(backlog.pending, true)
  play(backlog, 6_250, 500)
  assert.equal(backlog.pending, false)
})

test('a line that stays full after a stall is full, three seconds later at the latest', () => {
  const backlog = new Backlog()
  play(backlog, 6_250, 10_000)
  play(backlog, 0, 200)
  play(backlog, 6_250, 2_000)
  assert.equal(backlog.pending, true)
  play(backlog, 6_250, 1_100)
  assert.equal(backlog.pending, false)
})

test('a demand that has ended holds back nothing of the next', () => {
  const backlog = new Backlog()
  play(backlog, 5_000, 10_000)
  play(backlog, 0, 1_000)
  play(backlog, 6_250, 50)
  assert.equal(backlog.pending, false)
})

test('a rate that wavers while packets wait for DSL is no stall', () => {
  const backlog = new Backlog()
  play(backlog, 125, 10_000)
  play(backlog, 100, 200, true)
  assert.equal(backlog.pending, false)
  play(backlog, 126, 500, true)
  assert.equal(backlog.pending, false)
  play(backlog, 100, 200)
  assert.equal(backlog.pending, true)
})

test('a line that has become slower, and whose queue comes and goes, has not stalled', () => {
  const backlog = new Backlog()
  play(backlog, 5_000, 10_000)
  for (let turn = 0; turn < 5; turn++) {
    play(backlog, 3_500, 200)
    play(backlog, 3_500, 400, true)
  }
  assert.equal(backlog.pending, false)
})

let nowMs = 0
function play(backlog: Backlog, rate: number, forMs: number, full = false): void {
  for (const untilMs = nowMs + forMs; nowMs < untilMs; nowMs += 50) {
    backlog.observe(rate, full, 50, nowMs)
  }
}
