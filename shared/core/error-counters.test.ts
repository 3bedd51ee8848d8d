import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ERROR_COUNTERS, errorCounter, errorName } from './error-counters.ts'

test('each code of RFC 8803 has a counter of its own, and all others share one', () => {
  assert.equal(errorCounter(64), 'error64')
  assert.equal(errorCounter(0), 'error0')
  assert.equal(errorCounter(63), 'errorOther')
  assert.equal(new Set(ERROR_COUNTERS).size, 11)
})

test('people are told the name beside the code', () => {
  assert.equal(errorName('error64'), '64 resource exceeded')
  assert.equal(errorName('error33'), '33 unsupported tcp option')
  assert.equal(errorName('errorOther'), 'other')
})
