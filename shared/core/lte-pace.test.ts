import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LtePace, type PacedUplink } from './lte-pace.ts'

/** 10 Mbit/s. */
const CAPACITY = 1_250
const FULL: PacedUplink = {
  full: true,
  dslBytesPerMs: CAPACITY,
  lteBytesPerMs: 0,
  capacity: CAPACITY,
  lteBytes: 0,
}

test('nobody is held back while nothing is paced', () => {
  const pace = new LtePace()
  assert.equal(pace.open, true)
  assert.equal(pace.judge(undefined, 0), false)
  assert.equal(pace.open, true)
})

test('a turn is over when LTE has begun with what it was given, and the next comes when that is paid', () => {
  const pace = new LtePace()
  pace.judge(FULL, 0)
  assert.equal(pace.open, true)
  assert.equal(pace.judge({ ...FULL, lteBytes: 12_500 }, 20), true)
  assert.equal(pace.open, false)
  let atMs = 20
  // 64 KiB at a fifth of DSL, and a little faster each time, are a quarter of a second.
  while (!pace.open) {
    atMs += 20
    pace.judge({ ...FULL, lteBytes: 65_536 }, atMs)
  }
  assert.ok(atMs > 180 && atMs < 280, `${atMs} ms`)
})

test('a DSL that has had a pause keeps LTE waiting', () => {
  const pace = new LtePace()
  pace.judge(FULL, 0)
  for (let atMs = 20; atMs <= 2_000; atMs += 20) pace.judge({ ...FULL, full: false }, atMs)
  assert.equal(pace.open, false)
  assert.equal(pace.judge(FULL, 2_020), true)
})

test('a DSL that goes on being full has LTE for good within two seconds', () => {
  const pace = new LtePace()
  let lteBytes = 0
  let openMs = 0
  for (let atMs = 0; atMs <= 3_000; atMs += 20) {
    if (atMs > 2_000 && pace.open) openMs += 20
    if (pace.open) lteBytes += 25_000
    pace.judge({ ...FULL, lteBytes }, atMs)
  }
  assert.equal(openMs, 1_000)
})

test('who needs no pace any more is not held back', () => {
  const pace = new LtePace()
  pace.judge(FULL, 0)
  pace.judge({ ...FULL, full: false, lteBytes: 65_536 }, 20)
  assert.equal(pace.open, false)
  assert.equal(pace.judge(undefined, 40), true)
  assert.equal(pace.open, true)
})
