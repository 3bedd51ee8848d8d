/**
 * DSL first on a real kernel: what DSL can carry stays off LTE, and what it cannot has both lines.
 *
 * Margins are generous, for machines are shared and noisy; `npm run bench -- steering` has the figures.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureDemand } from '../bench/steering.ts'
import { INTERNET } from './addresses.ts'
import { raiseStreet, type Street, streetImpossible } from './lab.ts'

test('LTE helps when DSL is full, and only then', { skip: streetImpossible() }, async () => {
  const { ipv4, ipv6 } = INTERNET.own
  const rules = [
    { class: 'dsl-only', to: [ipv4], ports: [80] },
    { class: 'lte-only', to: [ipv6], ports: ['80-81'] },
  ]
  const cpe = { legs: { dsl: { downMbps: 50, upMbps: 10 } }, classes: { rules } }
  await using street = await raiseStreet({ name: 'hyb-steer', pair: 'vdsl50-lte30', cpe })

  const most = await measureDemand(street, 'down', 80, { settleS: 3, steadyS: 3 })
  // A sender that stood still catches up, and asks for more than 90 % of DSL meanwhile.
  const lteMost = most.carriedMbps <= 45 ? 2 : 10
  assert.ok(most.ltePercent <= lteMost, JSON.stringify(most))

  const all = await measureDemand(street, 'down', Infinity, { settleS: 3, steadyS: 4 })
  assert.ok(all.carriedMbps >= 0.9 * 80, JSON.stringify(all))
  // Some 500 ms; but where the demand before looked like bursts, DSL is left alone with as much once more (ADR 0020).
  assert.ok(all.engageMs !== undefined && all.engageMs <= 2_500, JSON.stringify(all))
  assert.ok(all.restMs !== undefined && all.restMs <= 2_000, JSON.stringify(all))
  assert.match(all.reasons.join(), /^helps: dsl-queue \d+ ms at \d+ % for \d+ ms,rests: dsl-spare/)

  // A provider that drops what is too much leaves no queue that anybody could find.
  const { queueMs } = (await street.status()).legs.dsl
  await street.line('dsl', { queueMs: 4 })
  const dropped = await measureDemand(street, 'down', Infinity, { settleS: 2, steadyS: 3 })
  await street.line('dsl', { queueMs })
  assert.ok(dropped.carriedMbps >= 55, JSON.stringify(dropped))
  assert.match(dropped.reasons[0] ?? '', /^helps: dsl-full more unsent at \d+ % for \d+ ms$/)

  // After what was measured: two short loads that DSL was full of are a habit, and DSL is left alone with the next.
  const overDsl = await fetched(street, `http://${ipv4}/bytes/${FETCHED_BYTES}`)
  assert.ok(
    overDsl.dsl >= FETCHED_BYTES && overDsl.lte < FETCHED_BYTES / 50,
    JSON.stringify(overDsl),
  )
  const overLte = await fetched(street, `http://[${ipv6}]/bytes/${FETCHED_BYTES}`)
  assert.ok(
    overLte.lte >= FETCHED_BYTES && overLte.dsl < FETCHED_BYTES / 50,
    JSON.stringify(overLte),
  )
})

/** What each line brought meanwhile. */
async function fetched(street: Street, url: string): Promise<Record<'dsl' | 'lte', number>> {
  const before = (await street.status()).legs
  const { status, stderr } = await street.exec('home', ['curl', '-sSfm10', '-o', '/dev/null', url])
  assert.equal(status, 0, stderr)
  const { dsl, lte } = (await street.status()).legs
  return { dsl: dsl.downBytes - before.dsl.downBytes, lte: lte.downBytes - before.lte.downBytes }
}

const FETCHED_BYTES = 6_000_000
