import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LegMarks } from './leg-marks.ts'

test('one hello without an answer is a trial, the next a mark that doubles up to an hour', () => {
  const marks = new LegMarks()
  assert.equal(marks.mark('dsl', 'missing', ['lte'], 0), 5_000)
  assert.equal(marks.marked('dsl', 4_999), true)
  assert.equal(marks.marked('dsl', 5_000), false)
  assert.equal(marks.mark('dsl', 'missing', ['lte'], 5_000), 60_000)
  assert.equal(marks.mark('dsl', 'missing', ['lte'], 65_000), 120_000)
  for (let i = 1; i < 20; i++) marks.mark('dsl', 'missing', ['lte'], i * 4_000_000)
  assert.equal(marks.marked('dsl', 79_599_999), true)
  assert.equal(marks.marked('dsl', 79_600_000), false)
  assert.equal(marks.marked('lte', 0), false)
})

test('hellos that were under way together count once, but an alien among them weighs', () => {
  const marks = new LegMarks()
  assert.equal(marks.mark('dsl', 'missing', ['lte'], 0), 5_000)
  assert.equal(marks.mark('dsl', 'missing', ['lte'], 1), 0)
  assert.equal(marks.marked('dsl', 5_000), false)
  marks.mark('dsl', 'missing', ['lte'], 5_000)
  assert.equal(marks.mark('dsl', 'alien', ['lte'], 5_001), 240_000)
  assert.equal(marks.mark('dsl', 'alien', ['lte'], 5_002), 0)
})

test('an alien answer is no chance: the leg is marked for a minute at once', () => {
  const marks = new LegMarks()
  assert.equal(marks.mark('dsl', 'alien', ['lte'], 0), 60_000)
  assert.equal(marks.mark('dsl', 'alien', ['lte'], 60_000), 120_000)
})

test('when every leg is silent it is the concentrator, and no leg is marked for it', () => {
  const marks = new LegMarks()
  marks.mark('dsl', 'missing', ['lte'], 0)
  assert.equal(marks.mark('lte', 'missing', ['dsl'], 100), undefined)
  assert.equal(marks.marked('dsl', 100), false)
  assert.equal(marks.marked('lte', 100), false)
})

test('a leg without company is not marked for silence, but for an alien', () => {
  const marks = new LegMarks()
  assert.equal(marks.mark('dsl', 'missing', [], 0), undefined)
  assert.equal(marks.mark('dsl', 'alien', [], 0), 60_000)
})

test('an alien on one leg is not excused by silence on the other', () => {
  const marks = new LegMarks()
  marks.mark('dsl', 'alien', ['lte'], 0)
  assert.equal(marks.mark('lte', 'missing', ['dsl'], 100), undefined)
  assert.equal(marks.marked('dsl', 100), true)
})

test('when the time is over one hello is sent to see, and the leg is not clean before its answer', () => {
  const marks = new LegMarks()
  assert.equal(marks.due('dsl', 0), false)
  marks.mark('dsl', 'missing', ['lte'], 0)
  assert.equal(marks.due('dsl', 4_999), false)
  assert.equal(marks.due('dsl', 5_000), true)
  marks.tried('dsl', 5_000)
  assert.equal(marks.due('dsl', 8_999), false)
  assert.equal(marks.clean('dsl'), false)
  marks.answered('dsl', 5_100)
  assert.equal(marks.clean('dsl'), true)
  assert.equal(marks.due('dsl', 100_000), false)
})

test('a good answer ends a trial, and a mark only after its time', () => {
  const marks = new LegMarks()
  marks.mark('dsl', 'missing', ['lte'], 0)
  marks.answered('dsl', 100)
  assert.equal(marks.marked('dsl', 100), false)

  marks.mark('dsl', 'alien', ['lte'], 1_000)
  marks.answered('dsl', 1_100)
  assert.equal(marks.marked('dsl', 1_100), true)
  // It is over, and the leg answers: the next one begins small again.
  marks.answered('dsl', 61_000)
  assert.equal(marks.mark('dsl', 'alien', ['lte'], 62_000), 60_000)
})
