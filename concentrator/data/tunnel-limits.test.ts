import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import { FullHomes, renderLimits } from './tunnel-limits.ts'
import { innerOf, numberOf } from './tunnel-nat.ts'

// What the table does to flows is shown by deploy/lab/tunnel.lab.test.ts, on a real kernel.

const prefixes = {
  prefix4: parsePrefix('198.18.0.0/15')!,
  prefix6: parsePrefix('fd48:7962:7269::/64')!,
}

const tunnel = { interface: 'hybridge0', flowsMax: 7, homeBits6: 56, pool6: undefined }

test('both what goes on and what ends at us counts for its home, each family by itself', () => {
  const table = renderLimits(tunnel)
  const counted = table.match(/iifname "hybridge0" ct state new jump count/g)
  assert.equal(counted?.length, 2)
  assert.match(table, /add @flows4 \{ ip saddr ct count over 7 \} add @full4 \{ ip saddr \} reject/)
  assert.match(
    table,
    /add @flows6 \{ ip6 saddr ct count over 7 \} add @full6 \{ ip6 saddr \} reject/,
  )
})

test('all hosts of a prefix count together', () => {
  const table = renderLimits({ ...tunnel, pool6: parsePrefix('2001:db8:f00::/40')! })
  const pool = 'ip6 saddr 2001:db8:f00::/40'
  const source = 'ip6 saddr & ffff:ffff:ffff:ff00::'
  assert.ok(
    table.includes(`${pool} add @flows6 { ${source} ct count over 7 } add @full6 { ${source} }`),
  )
  assert.ok(table.includes(`${pool} return`))
})

test('a home at its limit is told once, until it has had a minute without', () => {
  const told: number[] = []
  const full = new FullHomes(
    (inner) => numberOf(inner, prefixes),
    (number) => told.push(number),
  )
  const inners = (...texts: string[]) => texts.map(knownAddress)
  full.look(inners('198.18.0.9', 'fd48:7962:7269::9', '198.18.0.2'))
  full.look(inners('198.18.0.9', 'fd48:7962:7269::9'))
  assert.deepEqual(told, [7, 0])
  full.look([])
  full.look(inners('fd48:7962:7269::9', '10.0.0.1', '198.18.0.1'))
  assert.deepEqual(told, [7, 0, 7])
})

test('a home and its addresses inside are told from each other', () => {
  for (const number of [0, 1, 65_535]) {
    for (const { address, bits } of innerOf(number, prefixes)) {
      assert.equal(bits, 128)
      assert.equal(numberOf(address, prefixes), number)
    }
  }
})
