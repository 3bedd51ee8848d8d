import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reasons } from './reasons.ts'

const DOWN = { direction: 'down', engaged: true } as const

test('Reasons keeps the last 256 in their order, and counts all by kind', () => {
  const reasons = new Reasons()
  for (let i = 0; i < 300; i++) {
    const kind = i % 3 === 0 ? 'dsl-queue' : 'dsl-full'
    reasons.note({ ...DOWN, text: `${kind} ${i}` }, i)
  }
  const list = reasons.list(300, 300)
  assert.equal(list.length, 256)
  assert.deepEqual(list[0], {
    ...DOWN,
    atMs: 44,
    unixMs: 44,
    kind: 'dsl-full',
    text: 'dsl-full 44',
  })
  assert.deepEqual(list.at(-1)?.text, 'dsl-full 299')
  assert.deepEqual(
    [...reasons.counts].toSorted(([one], [other]) => one.localeCompare(other)),
    [
      ['dsl-full', 200],
      ['dsl-queue', 100],
    ],
  )
})

test('Reasons says when it was on the wall clock, also where that was set right only later', () => {
  const reasons = new Reasons()
  assert.deepEqual(reasons.list(0, 0), [])
  reasons.note({ direction: 'up', engaged: false, text: 'lte-down no carrier' }, 7_000)
  const evening = Date.UTC(2026, 10, 26, 20, 14)
  assert.deepEqual(reasons.list(67_000, evening + 60_000), [
    {
      direction: 'up',
      engaged: false,
      atMs: 7_000,
      unixMs: evening,
      kind: 'lte-down',
      text: 'lte-down no carrier',
    },
  ])
})
