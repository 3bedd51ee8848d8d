import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Strangers } from './strangers.ts'

test('one source has its share of strangers, and who is known makes room', () => {
  const strangers = new Strangers()
  const known = Array.from({ length: 1_024 }, () => strangers.admit('2001:db8::1'))
  assert.ok(!known.includes(undefined))
  assert.equal(strangers.admit('2001:db8::2'), undefined, 'of the same /64')
  assert.ok(strangers.admit('2001:db8:0:1::1'), 'of another')
  known[0]?.()
  known[0]?.()
  assert.ok(strangers.admit('2001:db8::1'))
  assert.equal(strangers.admit('2001:db8::1'), undefined, 'once, however often it was said')
})
