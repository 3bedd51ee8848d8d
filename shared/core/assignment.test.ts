import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAssignment } from './assignment.ts'

test('a value is JSON where it can be, else a text, and null where there is none', () => {
  const values = ['a.b=7', 'a=[1]', 'a=cold', 'a=x=y', 'a='].map((text) => readAssignment(text))
  assert.deepEqual(values, [
    { key: 'a.b', value: 7 },
    { key: 'a', value: [1] },
    { key: 'a', value: 'cold' },
    { key: 'a', value: 'x=y' },
    { key: 'a', value: null },
  ])
})

test('a key that holds texts holds digits as a text', () => {
  assert.deepEqual(
    readAssignment('plan=7', (key) => key === 'plan'),
    { key: 'plan', value: '7' },
  )
})

test('without a key, or without a sign between the two, it is none', () => {
  assert.deepEqual(
    ['', '=7', 'a'].map((text) => readAssignment(text)),
    [undefined, undefined, undefined],
  )
})
