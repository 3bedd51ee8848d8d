/**
 * Two emulated lines, a real kernel: does bonding give the sum, and does the bond survive?
 *
 *      home ──── cpe ══dsl══╗
 *                    ══lte══╬══ access ──── concentrator        one namespace each, ══ emulated
 *                           ╝      └─────── internet
 *
 * Margins are generous, for machines are shared and noisy; `npm run bench` has the figures.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { measureBoth } from '../bench/bond.ts'
import { measureCalm } from '../bench/calm.ts'
import { CUTS, measureCut } from '../bench/cut.ts'
import { measureFirstByte } from '../bench/first-byte.ts'
import { measureGibibyte } from '../bench/gibibyte.ts'
import { raiseStreet, streetImpossible } from './lab.ts'
import { logOf } from './onlooker.ts'
import { PAIRS } from './pairs.ts'

const skip = streetImpossible()
const TIME = { seconds: 5, omitS: 3 }
/** Payload in an IP packet of 1,500 bytes: what each of these lines carries alone, within a hundredth. */
const PAYLOAD_SHARE = 0.945

for (const name of ['vdsl50-lte30', 'adsl16-lte30', 'twins50']) {
  test(`a download and an upload fill both lines: ${name}`, { skip }, async () => {
    const pair = PAIRS[name]
    assert.ok(pair)
    await using street = await raiseStreet({ name: 'hyb-bond', pair: name })
    for (const direction of ['down', 'up'] as const) {
      const mbps = await measureBoth(street, direction, TIME)
      const sumMbps = PAYLOAD_SHARE * (pair.dsl[`${direction}Mbps`] + pair.lte[`${direction}Mbps`])
      // An upload beside 1 Mbit/s of DSL: of all of them the nearest to the better line alone, 97 % of it.
      const story = `${direction}: ${mbps.toFixed(2)} of ${sumMbps.toFixed(2)} Mbit/s`
      assert.ok(mbps >= 0.88 * sumMbps, story)
    }
  })
}

test('a cut leg is a short gap, and every open connection lives', { skip }, async () => {
  await using street = await raiseStreet({ name: 'hyb-bond', pair: 'vdsl50-lte30' })
  for (const [leg, how] of CUTS) {
    const said = logOf(street, 'cpe').length
    const cut = await measureCut(street, leg, how)
    const story = `${leg} cut (${how}): ${JSON.stringify(cut)}\n${logOf(street, 'cpe').slice(said)}`
    assert.equal(cut.lived, cut.opened, story)
    assert.ok(cut.longestGapMs <= 650, story)
  }
})

test('what crosses two silent deaths of DSL arrives whole, both ways', { skip }, async () => {
  await using street = await raiseStreet({ name: 'hyb-bond', pair: 'twins150' })
  for (const direction of ['down', 'up'] as const) {
    const long = await measureGibibyte(street, direction, 150_000_000)
    assert.ok(long.hashOk, `${direction}: ${JSON.stringify(long)}`)
  }
})

test('restless lines under mixed load are not taken for dead', { skip }, async () => {
  await using street = await raiseStreet({ name: 'hyb-bond', pair: 'vdsl50-starlink' })
  assert.deepEqual(await measureCalm(street, 15), [])
})

for (const [connect, trips] of [
  // As without us: one for the connection, one for what is asked over it.
  ['truthful', 2],
  ['eager', 1],
] as const) {
  test(`a new connection waits for no added round trip: ${connect}`, { skip }, async () => {
    const options = { name: 'hyb-bond', pair: 'vdsl50-lte30', cpe: { connect } }
    await using street = await raiseStreet(options)
    const found = await measureFirstByte(street, { connections: 80, pauseMs: 20 })
    // Half a round trip more would be an added exchange.
    assert.ok(found.p50Ms <= trips * found.pingMs + 8, JSON.stringify(found))
  })
}
