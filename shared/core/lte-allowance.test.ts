import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UNLIMITED } from './budget.ts'
import { type AllowancePolicy, allowLte } from './lte-allowance.ts'

const policy: AllowancePolicy = { atCap: 'standby', throttleMbps: 2, roaming: 'deny' }
const spent = { pressure: 1, aheadPercent: 40, spent: true }

test('LTE that roams carries nothing, unless that is allowed', () => {
  assert.equal(allowLte(policy, UNLIMITED, true).barred, 'roaming')
  assert.equal(allowLte(policy, UNLIMITED, false).barred, undefined)
  assert.equal(allowLte({ ...policy, roaming: 'allow' }, UNLIMITED, true).barred, undefined)
})

test('what is spent leaves LTE to a dead DSL, slows it down, or ends it, as policy says', () => {
  assert.deepEqual(allowLte(policy, spent, false), {
    barred: undefined,
    throttleMbps: undefined,
    budget: spent,
  })
  assert.deepEqual(allowLte({ ...policy, atCap: 'throttle' }, spent, false), {
    barred: undefined,
    throttleMbps: 2,
    budget: { ...spent, spent: false },
  })
  assert.equal(allowLte({ ...policy, atCap: 'off' }, spent, false).barred, 'budget spent')
})

test('before the month is spent no action is taken', () => {
  const ahead = { pressure: 0.5, aheadPercent: 12, spent: false }
  for (const atCap of ['standby', 'throttle', 'off'] as const) {
    const allowance = allowLte({ ...policy, atCap }, ahead, false)
    assert.deepEqual(allowance, { barred: undefined, throttleMbps: undefined, budget: ahead })
  }
})
