import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BurstAllowance, type BurstSample } from './burst.ts'

/** 50 Mbit/s. */
const LINE = 6_250
/** 1 Mbit/s. */
const SLOW = 125

test('two bursts have no allowance, those after them half more than two of them had', () => {
  const burst = new BurstAllowance(15e6)
  chunk(burst, 0)
  assert.equal(full(burst, 4_000, 1_600), 0)
  pause(burst, 5_600, 2_400)
  assert.equal(full(burst, 8_000, 1_600), undefined)
  pause(burst, 9_600, 2_400)
  const spent = full(burst, 12_000, 10_000)
  assert.ok(spent !== undefined && spent > 2_200 && spent < 2_700, `after ${spent} ms`)
})

test('what is larger than the operator allows is no burst to remember', () => {
  const burst = new BurstAllowance(5e6)
  for (const fromMs of [0, 4_000, 8_000]) chunk(burst, fromMs)
  assert.equal(full(burst, 12_000, 200), 0)
})

test('what lasts long is none either, however slow the line', () => {
  const burst = new BurstAllowance(1_000e6)
  for (const fromMs of [0, 10_000]) {
    full(burst, fromMs, 7_000)
    pause(burst, fromMs + 7_000, 3_000)
  }
  assert.equal(full(burst, 20_000, 200), 0)
})

test('bursts of half a minute ago count no more', () => {
  const burst = new BurstAllowance(15e6)
  for (const fromMs of [0, 4_000, 8_000]) chunk(burst, fromMs)
  pause(burst, 12_000, 32_000)
  assert.equal(full(burst, 44_000, 200), 0)
})

test('a short breath does not end a burst', () => {
  const burst = new BurstAllowance(15e6)
  for (const fromMs of [0, 4_000, 8_000]) chunk(burst, fromMs)
  full(burst, 12_000, 1_400)
  pause(burst, 13_400, 150)
  const spent = full(burst, 13_550, 5_000)
  assert.ok(spent !== undefined && spent < 1_100, `after ${spent} ms`)
})

test('a transfer and a scrap of one are no habit: an upload that stands still for a moment when it begins', () => {
  const burst = new BurstAllowance(15e6)
  full(burst, 0, 4_000, SLOW)
  pause(burst, 4_000, 10_000)
  full(burst, 14_000, 700, SLOW)
  pause(burst, 14_700, 500)
  const spent = full(burst, 15_200, 10_000, SLOW)
  assert.ok(spent !== undefined && spent <= 1_100, `after ${spent} ms`)
})

test('photo after photo that a slow line had help with is nothing that it has time for', () => {
  const burst = new BurstAllowance(15e6)
  for (const fromMs of [0, 8_000, 16_000]) {
    // 10 Mbit/s of LTE beside 1 of DSL.
    full(burst, fromMs, 4_000, SLOW, 11 * SLOW)
    pause(burst, fromMs + 4_000, 4_000, SLOW)
  }
  assert.equal(full(burst, 24_000, 200, SLOW), 0)
})

test('a demand that catches up now and then teaches no more than what it caught up', () => {
  const burst = new BurstAllowance(50e6)
  for (const fromMs of [0, 8_000]) {
    full(burst, fromMs, 100)
    for (let atMs = 100; atMs < 5_000; atMs += 50) {
      burst.observe({ ...sample(40 * LINE, false, LINE), low: false }, fromMs + atMs)
    }
    pause(burst, fromMs + 5_000, 3_000)
  }
  const spent = full(burst, 16_000, 10_000)
  assert.ok(spent !== undefined && spent <= 200, `after ${spent} ms`)
})

test('what LTE helped with counts whether DSL is full of it or not: no slow line would have had time for it', () => {
  const burst = new BurstAllowance(15e6)
  for (const fromMs of [0, 8_000]) {
    full(burst, fromMs, 200, SLOW)
    for (let atMs = 200; atMs < 4_000; atMs += 50) {
      const helped = {
        bytes: 50 * 11 * SLOW,
        full: false,
        helped: true,
        low: false,
        capacity: SLOW,
      }
      burst.observe(helped, fromMs + atMs)
    }
    pause(burst, fromMs + 4_000, 4_000, SLOW)
  }
  assert.equal(full(burst, 16_000, 200, SLOW), 0)
})

/** Four seconds of a film at 20 Mbit/s. */
function chunk(burst: BurstAllowance, fromMs: number): void {
  full(burst, fromMs, 1_600)
  pause(burst, fromMs + 1_600, 2_400)
}

function sample(bytes: number, isFull: boolean, capacity: number): BurstSample {
  return { bytes, full: isFull, helped: false, low: !isFull, capacity }
}

/** DSL is full. After how many milliseconds the allowance is exceeded; undefined when it is not. */
function full(
  burst: BurstAllowance,
  fromMs: number,
  forMs: number,
  capacity = LINE,
  carried = capacity,
): number | undefined {
  let exceeded: number | undefined
  for (let atMs = 0; atMs < forMs; atMs += 50) {
    burst.observe(sample(50 * carried, true, capacity), fromMs + atMs)
    if (burst.exceeded(fromMs + atMs)) exceeded ??= atMs
  }
  return exceeded
}

function pause(burst: BurstAllowance, fromMs: number, forMs: number, capacity = LINE): void {
  for (let atMs = 0; atMs < forMs; atMs += 50) {
    burst.observe(sample(0, false, capacity), fromMs + atMs)
  }
}
