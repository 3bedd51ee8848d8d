import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reasons } from './reasons.ts'

test('Reasons keeps the last 256 in their order, and counts all by kind', () => {
  const reasons = new Reasons()
  for (let i = 0; i < 300; i++) {
    const kind = i % 3 === 0 ? 'dsl-queue' : 'dsl-full'
    reasons.note(`${kind} ${i}`, i)
  }
  const list = reasons.list()
  assert.equal(list.length, 256)
  assert.deepEqual(list[0], { atMs: 44, text: 'dsl-full 44' })
  assert.deepEqual(list.at(-1), { atMs: 299, text: 'dsl-full 299' })
  assert.deepEqual(
    [...reasons.counts].toSorted(([one], [other]) => one.localeCompare(other)),
    [
      ['dsl-full', 200],
      ['dsl-queue', 100],
    ],
  )
})

test('Reasons gives what it has when that is little', () => {
  const reasons = new Reasons()
  assert.deepEqual(reasons.list(), [])
  reasons.note('dsl-down no carrier', 7)
  assert.deepEqual(reasons.list(), [{ atMs: 7, text: 'dsl-down no carrier' }])
})
