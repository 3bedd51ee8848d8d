import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEGS } from '../../shared/core/leg.ts'
import { parseAddress, parsePrefix, prefixContains } from '../../shared/wire/address.ts'
import { LEG_PREFIXES, legAddresses } from './addresses.ts'

for (const leg of LEGS) {
  test(`${leg} gets another address with each generation, always one of its operator's`, () => {
    const seen = new Set<string>()
    for (let generation = 0; generation < 64; generation++) {
      const { cpe, access } = legAddresses(leg, generation)
      for (const family of ['ipv4', 'ipv6'] as const) {
        const operator = parsePrefix(LEG_PREFIXES[leg][family])!
        for (const end of [cpe, access]) {
          const address = parseAddress(end[family])
          assert.ok(address && prefixContains(operator, address), `${end[family]} is not ${leg}'s`)
          seen.add(end[family])
        }
      }
    }
    assert.equal(seen.size, 64 * 4)
    assert.deepEqual(legAddresses(leg, 64), legAddresses(leg, 0))
  })
}
