import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPrefix, knownAddress, parsePrefix } from './address.ts'
import { numberFor, numberInPool, prefixAt, prefixesIn } from './prefix-pool.ts'

const poolOf = (text: string, bits: number) => ({ pool: parsePrefix(text)!, bits })
const pool = poolOf('2001:db8:f00::/40', 64)

test('each number is a prefix, and an address in it tells the number', () => {
  assert.equal(prefixesIn(pool), 2 ** 24)
  for (const [number, text] of [
    [0, '2001:db8:f00::/64'],
    [1, '2001:db8:f00:1::/64'],
    [0x12_3456, '2001:db8:f12:3456::/64'],
    [2 ** 24 - 1, '2001:db8:fff:ffff::/64'],
  ] as const) {
    const prefix = prefixAt(pool, number)
    assert.equal(formatPrefix(prefix), text)
    const host = prefix.address.slice()
    host.fill(0xff, 8)
    for (const address of [prefix.address, host]) {
      const memory = new Uint8Array(24)
      memory.set(address, 8)
      assert.equal(numberInPool(pool, memory, 8), number)
    }
  }
})

test('prefixes shorter than a network, and pools of one', () => {
  const wide = poolOf('2001:db8::/32', 56)
  assert.equal(formatPrefix(prefixAt(wide, 0xab_cdef)), '2001:db8:abcd:ef00::/56')
  assert.equal(numberInPool(wide, knownAddress('2001:db8:abcd:ef7f::1'), 0), 0xab_cdef)
  const most = poolOf('2001:db8::/32', 64)
  assert.equal(formatPrefix(prefixAt(most, 2 ** 32 - 1)), '2001:db8:ffff:ffff::/64')
  assert.equal(numberInPool(most, knownAddress('2001:db8:ffff:ffff::1'), 0), 2 ** 32 - 1)
  const one = poolOf('2001:db8:1:2::/64', 64)
  assert.deepEqual([prefixesIn(one), numberFor('home-1', one)], [1, 0])
})

test('an address outside the pool is in none', () => {
  for (const text of ['2001:db9:f00::1', '2001:db8:eff:ffff::1', '2001:db8:1000::1', '192.0.2.1']) {
    assert.equal(numberInPool(pool, knownAddress(text), 0), -1, text)
  }
})

test('a name has the same number for ever, and twenty thousand names few in common', () => {
  // Another function would move every home to another prefix.
  assert.deepEqual(
    ['home-1', 'home-2', 'a'].map((name) => numberFor(name, pool)),
    [1_069_993, 11_150_475, 8_434_099],
  )
  const numbers = Array.from({ length: 20_000 }, (_, i) => numberFor(`home-${i}`, pool))
  // Expected of chance: 12.
  assert.ok(20_000 - new Set(numbers).size < 30)
})
