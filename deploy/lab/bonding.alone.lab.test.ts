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
import { measureBond } from '../bench/bond.ts'
import { measureCalm } from '../bench/calm.ts'
import { CUTS, measureCut } from '../bench/cut.ts'
import { measureFirstByte } from '../bench/first-byte.ts'
import { measureGibibyte } from '../bench/gibibyte.ts'
import { raiseStreet, streetImpossible } from './lab.ts'
import { PAIRS } from './pairs.ts'

const skip = streetImpossible()
const BOTH = { seconds: 5, omitS: 3 }
const ALONE = { seconds: 2, omitS: 2 }

for (const pair of ['vdsl50-lte30', 'adsl16-lte30', 'twins50']) {
  test(`a download and an upload fill both lines: ${pair}`, { skip }, async () => {
    await using street = await raiseStreet({ name: 'hyb-bond', pair })
    for (const bond of await measureBond(street, BOTH, ALONE)) {
      // A pause in its beginning passes for one of bbr's (core/backlog.ts): LTE then waits for 3 s, or it does not.
      if (pair === 'adsl16-lte30' && bond.direction === 'up') continue
      const story = JSON.stringify(bond)
      assert.ok(bond.percentOfSum >= 88, story)
      if (PAIRS[pair]?.stable === true) assert.ok(bond.percentOfBest >= 98, story)
    }
  })
}

test('a cut leg is a short gap, and every open connection lives', { skip }, async () => {
  await using street = await raiseStreet({ name: 'hyb-bond', pair: 'vdsl50-lte30' })
  for (const [leg, how] of CUTS) {
    const cut = await measureCut(street, leg, how)
    const story = `${leg} cut (${how}): ${JSON.stringify(cut)}`
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
