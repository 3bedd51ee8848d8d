/**
 * DSL first on a real kernel: what DSL can carry stays off LTE, and what it cannot has both lines.
 *
 * Margins are generous, for machines are shared and noisy; `npm run bench -- steering` has the figures.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureDemand } from '../bench/steering.ts'
import { raiseStreet, streetImpossible } from './lab.ts'

test('LTE helps when DSL is full, and only then', { skip: streetImpossible() }, async () => {
  const cpe = { legs: { dsl: { downMbps: 50, upMbps: 10 } } }
  await using street = await raiseStreet({ name: 'hyb-steer', pair: 'vdsl50-lte30', cpe })

  const most = await measureDemand(street, 'down', 80, { settleS: 3, steadyS: 3 })
  assert.ok(most.ltePercent <= 2, JSON.stringify(most))

  const all = await measureDemand(street, 'down', Infinity, { settleS: 3, steadyS: 4 })
  assert.ok(all.carriedMbps >= 0.9 * 80, JSON.stringify(all))
  assert.ok(all.engageMs !== undefined && all.engageMs <= 1_000, JSON.stringify(all))
  assert.ok(all.restMs !== undefined && all.restMs <= 2_000, JSON.stringify(all))
  assert.match(all.reasons.join(), /^helps: dsl-queue \d+ ms at \d+ % for \d+ ms,rests: dsl-spare/)
})
