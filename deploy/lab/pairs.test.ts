import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEGS } from '../../shared/core/leg.ts'
import { parseSpec } from './line-spec.ts'
import { DEFAULT_PAIR, PAIRS } from './pairs.ts'

test('there are at least twelve pairs, eight of them stable, and the household we build for', () => {
  const pairs = Object.values(PAIRS)
  assert.ok(pairs.length >= 12)
  assert.ok(pairs.filter(({ stable }) => stable).length >= 8)

  const { dsl, lte } = PAIRS[DEFAULT_PAIR]!
  assert.deepEqual([dsl.downMbps, dsl.upMbps, dsl.rttMs], [50, 10, 20])
  assert.deepEqual([lte.downMbps, lte.upMbps, lte.rttMs], [30, 10, 45])
})

for (const [name, pair] of Object.entries(PAIRS)) {
  test(`pair ${name} is two lines that can be emulated`, () => {
    const end = { netns: 'x', device: 'x' }
    for (const leg of LEGS) {
      const line = { near: end, far: end, mtu: 1_500, params: pair[leg], seed: 1 }
      parseSpec(JSON.stringify({ socket: 'x', lines: { [leg]: line } }))
    }
  })

  test(`pair ${name} is called stable only if neither line loses or jitters much`, () => {
    const calm = LEGS.every((leg) => pair[leg].lossPercent === 0 && pair[leg].jitterMs <= 3)
    assert.equal(pair.stable, calm)
  })
}
