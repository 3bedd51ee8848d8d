import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CAPPED_HOMES_MAX, legClass } from '../../shared/core/shaping.ts'
import { LegCaps, type LegRates } from './leg-caps.ts'

test('a cap comes, changes and goes, and is told once each time', () => {
  let rates: LegRates = {}
  const caps = new LegCaps(() => rates, 0.5)
  const look = () => caps.look(3).map(({ leg, kind, one }) => `${leg} ${kind} ${one.ceilBytesPerS}`)
  assert.deepEqual(look(), [])
  rates = { dslDownMbps: 16, lteDownMbps: 8 }
  assert.deepEqual(look(), ['1 capped 1000000', '2 capped 1000000'])
  assert.deepEqual(look(), [])
  assert.equal(caps.classOf(3, 1)?.handle, legClass(3, 1))
  rates = { dslDownMbps: 16, lteDownMbps: 4 }
  assert.deepEqual(look(), ['2 changed 500000'])
  rates = { lteDownMbps: 4 }
  assert.deepEqual(look(), ['1 lifted 1250000000'])
  assert.equal(caps.classOf(3, 1), undefined)
})

test('a home whose number has no class is not capped', () => {
  const caps = new LegCaps(() => ({ lteDownMbps: 8 }), 1)
  assert.deepEqual(caps.look(CAPPED_HOMES_MAX), [])
  assert.equal(caps.classOf(CAPPED_HOMES_MAX, 2), undefined)
  assert.equal(caps.look(CAPPED_HOMES_MAX - 1).length, 1)
  assert.ok((legClass(CAPPED_HOMES_MAX - 1, 2) & 0xffff) <= 0xfffe)
  assert.equal(legClass(CAPPED_HOMES_MAX - 1, 2) >>> 16, legClass(0, 1) >>> 16)
})
