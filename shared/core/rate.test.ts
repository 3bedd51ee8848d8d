import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from './chance.fake.ts'
import { Rate, SteadyRate } from './rate.ts'

test('Rate comes up to a steady flow within three memories, and goes down as fast', () => {
  const rate = new Rate()
  let bytes = 0
  const run = (bytesPerMs: number, forMs: number, fromMs: number) => {
    for (let atMs = fromMs + 20; atMs <= fromMs + forMs; atMs += 20) {
      bytes += 20 * bytesPerMs
      rate.observe(bytes, atMs)
    }
  }
  run(0, 200, 0)
  run(1_000, 120, 200)
  assert.ok(rate.bytesPerMs > 500 && rate.bytesPerMs < 800, `${rate.bytesPerMs}`)
  run(1_000, 300, 320)
  assert.ok(rate.bytesPerMs > 950, `${rate.bytesPerMs}`)
  run(0, 360, 620)
  assert.ok(rate.bytesPerMs < 50, `${rate.bytesPerMs}`)
})

test('Rate says the same however its ticks fall', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const random = mulberry32(seed)
    const rate = new Rate()
    for (let atMs = 0; atMs < 3_000; atMs += 5 + 60 * random()) rate.observe(700 * atMs, atMs)
    assert.ok(Math.abs(rate.bytesPerMs - 700) < 1, `seed ${seed}: ${rate.bytesPerMs}`)
  }
})

test('Rate takes a counter that went back for another counter, and completes no sample with it', () => {
  const rate = new Rate()
  assert.equal(rate.observe(1_000_000, 0), false)
  assert.equal(rate.observe(1_050_000, 20), false)
  assert.equal(rate.observe(1_100_000, 60), true)
  const before = rate.bytesPerMs
  assert.equal(rate.observe(500, 120), false)
  assert.equal(rate.bytesPerMs, before)
  assert.equal(rate.observe(500, 200), true)
  rate.forget()
  assert.equal(rate.bytesPerMs, 0)
  assert.equal(rate.observe(9_000_000, 260), false)
})

test('Rate knows what moves now from what only averages show', () => {
  const rate = new Rate()
  for (let atMs = 0; atMs <= 1_000; atMs += 50) rate.observe(3_000 * atMs, atMs)
  assert.equal(rate.moves(1_000), true)
  for (let atMs = 1_050; atMs <= 1_200; atMs += 50) rate.observe(3_000_100, atMs)
  assert.ok(rate.bytesPerMs > 300, `${rate.bytesPerMs}`)
  assert.equal(rate.moves(1_200), false)
})

test('SteadyRate is the rate over all of its time, whatever the blocks', () => {
  const rate = new SteadyRate()
  assert.equal(rate.over(300), 0)
  for (let atMs = 0; atMs <= 3_000; atMs += 20) {
    rate.observe(1_000 * (atMs - (atMs % 100)), atMs)
  }
  assert.equal(rate.over(300), 1_000)
  assert.ok(Math.abs(rate.over(1_000) - 1_000) < 1)
  rate.observe(500, 3_020)
  assert.equal(rate.over(300), 0)
  rate.observe(1_500, 3_040)
  assert.equal(rate.over(300), 50)
})
