/**
 * DSL first on a real kernel, where it is hardest: uploads, which come in blocks that fill a slow uplink, and an
 * LTE that turns bad while it helps.
 *
 * Margins are generous, for machines are shared and noisy; `npm run bench -- steering` has the figures.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { iperf } from '../bench/iperf.ts'
import { measureDemand } from '../bench/steering.ts'
import { raiseStreet, streetImpossible } from './lab.ts'
import { logOf } from './onlooker.ts'

test('LTE has what DSL lacks, and nothing that DSL waits for', {
  skip: streetImpossible(),
}, async () => {
  const cpe = { legs: { dsl: { downMbps: 50, upMbps: 10 } } }
  await using street = await raiseStreet({ name: 'hyb-uplink', pair: 'vdsl50-lte30', cpe })

  const spare = await measureDemand(street, 'up', 70, { settleS: 1, steadyS: 2 })
  // A sender that stood still catches up, and asks for more than 90 % of DSL meanwhile.
  assert.ok(spare.ltePercent <= (spare.carriedMbps <= 9 ? 3 : 10), JSON.stringify(spare))

  const more = await measureDemand(street, 'up', 120, { settleS: 3, steadyS: 3 })
  assert.ok(more.ltePercent >= 8 && more.ltePercent <= 36, JSON.stringify(more))
  assert.ok(more.dslPercent >= 75, JSON.stringify(more))

  const download = iperf(street, { direction: 'down', seconds: 8, omitS: 3 })
  await sleep(3_000)
  await street.line('lte', { downMbps: 3, rttMs: 600 })
  // Of 47 that DSL alone has.
  const had = await download
  assert.ok(had >= 28, `${had}`)
  assert.match(logOf(street, 'cpe'), /guard lte holds dsl at \d+ % for \d+ ms/)
})
