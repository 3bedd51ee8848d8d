import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../../shared/core/chance.fake.ts'
import { Jitter } from './line-jitter.ts'

test('Jitter leaves the median where it was, in any four seconds', () => {
  for (let seed = 1; seed <= 100; seed++) {
    const offsets = walk(seed, 10_000, 4e6).toSorted((a, b) => a - b)
    const median = offsets[offsets.length >> 1]!
    assert.ok(Math.abs(median) < 1_000, `${median} us with seed ${seed}`)
  }
})

test('Jitter stays within its amplitude, and uses it', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const offsets = walk(seed, 5_000, 10e6)
    assert.ok(offsets.every((offset) => Math.abs(offset) <= 5_000))
    assert.ok(Math.max(...offsets) > 4_000 && Math.min(...offsets) < -4_000, `seed ${seed}`)
  }
})

test('Jitter falls by half the time that passes at most, so that packets keep their distance', () => {
  for (const amplitudeUs of [500, 5_000, 50_000]) {
    const offsets = walk(1, amplitudeUs, 10e6)
    for (const [i, offset] of offsets.entries()) {
      if (i > 0) assert.ok(offset - offsets[i - 1]! >= -0.5 * STEP_US - 1e-6)
    }
  }
})

test('Jitter does not replay the hours in which nothing was asked', () => {
  let drawn = 0
  const jitter = new Jitter(() => {
    drawn++
    return 0.5
  })
  jitter.offsetUs(0, 1_000)
  jitter.offsetUs(24 * 3_600e6, 1_000)
  assert.ok(drawn < 20, `${drawn} draws`)
})

test('Jitter of no amplitude is none', () => {
  assert.equal(new Jitter(mulberry32(1)).offsetUs(123_456, 0), 0)
})

const STEP_US = 1_000

function walk(seed: number, amplitudeUs: number, us: number): number[] {
  const jitter = new Jitter(mulberry32(seed))
  return Array.from({ length: us / STEP_US }, (_, i) => jitter.offsetUs(i * STEP_US, amplitudeUs))
}
