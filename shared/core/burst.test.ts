import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BurstAllowance } from './burst.ts'

/** 50 Mbit/s. */
const LINE = 6_250

test('two bursts have no allowance, those after them what the larger had and half of that', () => {
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

/** Four seconds of a film at 20 Mbit/s. */
function chunk(burst: BurstAllowance, fromMs: number): void {
  full(burst, fromMs, 1_600)
  pause(burst, fromMs + 1_600, 2_400)
}

/** DSL is full. After how many milliseconds the allowance is exceeded; undefined when it is not. */
function full(burst: BurstAllowance, fromMs: number, forMs: number): number | undefined {
  let exceeded: number | undefined
  for (let atMs = 0; atMs < forMs; atMs += 50) {
    burst.observe(50 * LINE, true, false, fromMs + atMs)
    if (burst.exceeded(fromMs + atMs)) exceeded ??= atMs
  }
  return exceeded
}

function pause(burst: BurstAllowance, fromMs: number, forMs: number): void {
  for (let atMs = 0; atMs < forMs; atMs += 50) burst.observe(0, false, true, fromMs + atMs)
}
