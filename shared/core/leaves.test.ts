import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentOf, leavesOf } from './leaves.ts'

test('leavesOf() names each value by its way, and takes lists and null for values', () => {
  const document = { a: { b: 1, c: { d: null } }, e: [{ f: 2 }], g: {}, h: 'x' }
  assert.deepEqual(
    [...leavesOf(document)],
    [
      ['a.b', 1],
      ['a.c.d', null],
      ['e', [{ f: 2 }]],
      ['h', 'x'],
    ],
  )
})

test('documentOf() is the way back, and what stands in the way is written over', () => {
  const document = { a: { b: 1, c: { d: null } }, e: [{ f: 2 }], h: 'x' }
  assert.equal(JSON.stringify(documentOf(leavesOf(document))), JSON.stringify(document))
  const twice = [
    ['a', null],
    ['a.b', 1],
    ['a.b.c', 2],
  ] as const
  assert.equal(JSON.stringify(documentOf(twice)), '{"a":{"b":{"c":2}}}')
  documentOf([
    ['__proto__.polluted', 1],
    ['constructor.prototype.polluted', 1],
  ])
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})
