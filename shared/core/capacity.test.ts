import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Capacity } from './capacity.ts'

test('what is configured counts until the line has shown otherwise', () => {
  const capacity = new Capacity(6_250)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [6_250, true])
  play(capacity, 4_000, false, 0, 10_000)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [6_250, true])
  assert.equal(capacity.proven, false)
})

test('a line that is full at less than configured has that capacity within half a second', () => {
  const capacity = new Capacity(6_250)
  play(capacity, 5_000, true, 0, 250)
  assert.equal(capacity.bytesPerMs, 6_250)
  play(capacity, 5_000, true, 300, 200)
  assert.ok((capacity.bytesPerMs ?? 0) < 5_300, `${capacity.bytesPerMs}`)
  assert.ok(capacity.certain && capacity.proven)
})

test('without a configured value nothing is known before the line was full once', () => {
  const capacity = new Capacity(undefined)
  play(capacity, 3_000, false, 0, 5_000)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [undefined, false])
  play(capacity, 3_500, true, 5_000, 250)
  assert.equal(capacity.bytesPerMs, undefined)
  play(capacity, 6_000, true, 5_300, 500)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [6_000, true])
})

test('a line that is shaped carries that, whatever was configured or learnt, until it is so no longer', () => {
  const capacity = new Capacity(6_250)
  play(capacity, 5_000, true, 0, 500)
  capacity.shapedTo(6_000)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [6_000, true])
  // Each echo says it again; what is learnt meanwhile stays.
  play(capacity, 5_000, true, 1_000, 500)
  capacity.shapedTo(6_000)
  assert.ok((capacity.bytesPerMs ?? 0) < 5_500, `${capacity.bytesPerMs}`)
  capacity.shapedTo(undefined)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [6_250, true])
  const unknown = new Capacity(undefined)
  unknown.shapedTo(6_000)
  assert.deepEqual([unknown.bytesPerMs, unknown.certain], [6_000, true])
})

test('a line that carries more than we knew, and is not full, makes us uncertain', () => {
  const capacity = new Capacity(4_000)
  play(capacity, 5_000, false, 0, 400)
  assert.equal(capacity.bytesPerMs, 4_000)
  play(capacity, 5_000, false, 400, 400)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [5_000, false])
})

test('one heap of bytes after a pause is not a faster line', () => {
  const capacity = new Capacity(4_000)
  for (let i = 0; i < 100; i++) capacity.observe(i % 8 === 0 ? 9_000 : 3_500, undefined, i * 50)
  assert.equal(capacity.bytesPerMs, 4_000)
})

test('a sample that is off moves what was learnt by little', () => {
  const capacity = new Capacity(undefined)
  play(capacity, 6_000, true, 0, 3_000)
  capacity.observe(12_000, 25, 3_050)
  assert.ok((capacity.bytesPerMs ?? 0) < 6_700, `${capacity.bytesPerMs}`)
})

test('a line that was trained anew, slower or faster, is known for what it is within two seconds', () => {
  const capacity = new Capacity(undefined)
  play(capacity, 6_000, true, 0, 1_000)
  play(capacity, 3_000, true, 1_050, 2_000)
  assert.ok((capacity.bytesPerMs ?? 0) < 3_100, `${capacity.bytesPerMs}`)
  play(capacity, 5_000, true, 3_100, 2_000)
  assert.ok((capacity.bytesPerMs ?? 0) > 4_900, `${capacity.bytesPerMs}`)
})

test('what was learnt is forgotten after ten minutes without a full line', () => {
  const capacity = new Capacity(6_250)
  play(capacity, 5_000, true, 0, 10_000)
  capacity.observe(1_000, undefined, 500_000)
  assert.ok((capacity.bytesPerMs ?? 0) < 5_100, `${capacity.bytesPerMs}`)
  capacity.observe(1_000, undefined, 612_000)
  assert.deepEqual([capacity.bytesPerMs, capacity.certain], [6_250, true])
})

test("the rate into a queue that grows or drains is not the line's", () => {
  const capacity = new Capacity(undefined)
  for (let i = 0; i < 20; i++) capacity.observe(1_500, 10 + 10 * i, i * 50)
  for (let i = 0; i < 20; i++) capacity.observe(1_000, 200 - 10 * i, 1_000 + i * 50)
  assert.equal(capacity.bytesPerMs, undefined)
})

function play(capacity: Capacity, rate: number, full: boolean, fromMs: number, forMs: number) {
  for (let atMs = fromMs; atMs <= fromMs + forMs; atMs += 50) {
    capacity.observe(rate, full ? 25 : undefined, atMs)
  }
}
