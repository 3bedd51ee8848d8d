import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import { joinJudge } from './join-judge.ts'
import { Roll, type StreetSubscriber } from './roll.ts'

const DSL = ['203.0.113.0/30', '2001:db8:d::/56']
const LTE = ['198.51.100.128/25']
const OTHERS = ['203.0.113.4/30', '2001:db8:e::/56']

for (const [what, home, addressId, address, verdict] of [
  ['from its line', 'both', 1, '203.0.113.2', 'own'],
  ['from its line, under a later id', 'both', 17, '2001:db8:d::7', 'own'],
  ['from its other line', 'both', 1, '198.51.100.129', 'stray'],
  ['from elsewhere', 'both', 2, '192.0.2.1', 'stray'],
  ['from another home’s line', 'both', 1, '203.0.113.6', 'stray'],
  ['from either line, under an id that is no leg’s', 'both', 3, '198.51.100.200', 'own'],
  ['from elsewhere, under an id that is no leg’s', 'both', 3, '192.0.2.1', 'stray'],
  ['from anywhere, where that was not said of this leg', 'dslOnly', 2, '192.0.2.1', 'own'],
  ['from another home’s line, where it was not said', 'dslOnly', 2, '203.0.113.6', 'stray'],
  ['from another home’s line, where nothing was said', 'none', 2, '2001:db8:e::1', 'stray'],
  ['from anywhere, where nothing was said', 'none', 2, '192.0.2.1', 'own'],
  ['of nobody known', 'nobody', 2, '192.0.2.1', 'unknown'],
] as const) {
  test(`a join ${what} is ${verdict}`, () => {
    const homes = ['both', 'dslOnly', 'none', 'other']
    const roll = new Roll([
      subscriber(0, DSL, LTE),
      subscriber(1, DSL.slice(0, 1), []),
      subscriber(2, [], []),
      subscriber(3, OTHERS, []),
    ])
    const judge = joinJudge((token) => (token < 0 ? undefined : token), roll)
    assert.equal(judge(homes.indexOf(home), addressId, knownAddress(address)), verdict)
  })
}

function subscriber(
  number: number,
  dsl: readonly string[],
  lte: readonly string[],
): StreetSubscriber {
  const prefixes = (texts: readonly string[], leg: number) =>
    texts.map((text) => ({ prefix: parsePrefix(text)!, leg }))
  return {
    cookieHash: String(number),
    pseudonym: new Uint8Array(8),
    prefixes: [...prefixes(dsl, LEG_NUMBER.dsl), ...prefixes(lte, LEG_NUMBER.lte)],
    acl: { allow: [], deny: [] },
    egress: { ipv4: undefined, ipv6: undefined },
  }
}
