import assert from 'node:assert/strict'
import { test } from 'node:test'
import { patchFrom } from './assignments.ts'

test('assignments are JSON where they are, else text, and nothing is the default again', () => {
  const words = ['a.b=1', 'a.c=x', 'd=', 'e=[1,"2"]', 'f=true', 'g=a=b']
  assert.equal(
    JSON.stringify(patchFrom(words)),
    JSON.stringify({ a: { b: 1, c: 'x' }, d: null, e: [1, '2'], f: true, g: 'a=b' }),
  )
})

test('a cookie of digits stays a text, and so does a plan', () => {
  assert.equal(
    JSON.stringify(patchFrom(['cookie=1122334455667788', 'plan=100'])),
    JSON.stringify({ cookie: '1122334455667788', plan: '100' }),
  )
})

test('what is no assignment is misuse, and no name reaches what all objects have', () => {
  for (const word of ['a', '=1', '']) assert.throws(() => patchFrom([word]), /must be KEY=VALUE/)
  patchFrom(['__proto__.polluted=1'])
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false)
})
