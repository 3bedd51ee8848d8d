import assert from 'node:assert/strict'
import { test } from 'node:test'
import { leavesOf } from './leaves.ts'

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
