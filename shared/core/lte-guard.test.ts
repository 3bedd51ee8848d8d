import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guard, LteBytes } from './lte-guard.ts'
import { SERVICE_CLASSES } from './service-class.ts'

test('only handover and interactive are guarded, each connection by what LTE has carried of it', () => {
  for (const serviceClass of SERVICE_CLASSES) {
    const guarded = serviceClass === 'handover' || serviceClass === 'interactive'
    const of = (bytes: number, atCap: 'back' | 'reset') =>
      guard(serviceClass, bytes, { maxBytes: 1_000, atCap }, false)
    assert.equal(of(999, 'back'), 'free')
    assert.equal(of(1_000, 'back'), guarded ? 'back' : 'free')
    assert.equal(of(1_000, 'reset'), guarded ? 'reset' : 'free')
  }
})

test('without a cap nothing is guarded but against roaming', () => {
  const policy = { maxBytes: undefined, atCap: 'reset' } as const
  assert.equal(guard('handover', 1e12, policy, false), 'free')
  assert.equal(guard('handover', 0, policy, true), 'back')
  assert.equal(guard('overflow', 0, policy, true), 'free')
})

test('bytes of subflows that have ended count on, and none counts twice', () => {
  const spent = new LteBytes()
  spent.see([{ token: 7, ends: 'a', bytes: 100 }])
  spent.see([{ token: 7, ends: 'a', bytes: 300 }])
  assert.equal(spent.of(7), 300)
  spent.see([
    { token: 7, ends: 'b', bytes: 50 },
    { token: 8, ends: 'a', bytes: 9 },
  ])
  assert.equal(spent.of(7), 350)
  spent.see([{ token: 7, ends: 'a', bytes: 10 }])
  assert.equal(spent.of(7), 360)
  assert.deepEqual([spent.of(8), spent.of(9)], [9, 0])
  spent.keep((token) => token === 8)
  assert.deepEqual([spent.of(7), spent.of(8)], [0, 9])
})
