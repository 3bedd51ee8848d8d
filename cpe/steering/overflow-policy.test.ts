import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dslLine } from './overflow-policy.ts'

const lte = { interface: 'lte' }
const shaping = { dslShare: 0.8 }

test('upwards DSL carries what it is shaped to, downwards what the operator says', () => {
  const dsl = { interface: 'dsl', downMbps: 50, upMbps: 10 }
  assert.deepEqual(dslLine({ legs: { dsl, lte }, shaping }), {
    configured: { down: 6_250, up: 1_000 },
    shapedUp: true,
  })
})

test('a DSL of unknown rate is not shaped', () => {
  assert.deepEqual(dslLine({ legs: { dsl: { interface: 'dsl' }, lte }, shaping }), {
    configured: { down: undefined, up: undefined },
    shapedUp: false,
  })
})
