/**
 * One subscriber, one address: stable, spread, and moving as few as can be when the pool changes.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../wire/address.ts'
import { egressAddress } from './egress-address.ts'

const HOMES = Array.from({ length: 4_000 }, (_, i) => `home-${i}`)
const POOLS: Readonly<Record<string, readonly Uint8Array[]>> = {
  ipv4: Array.from({ length: 16 }, (_, i) => knownAddress(`192.0.2.${i + 1}`)),
  ipv6: Array.from({ length: 16 }, (_, i) => knownAddress(`2001:db8:e::${i + 1}`)),
}

test('an empty pool has nothing to choose, a pool of one has no choice', () => {
  assert.equal(egressAddress('home-1', []), undefined)
  assert.equal(egressAddress('home-1', [knownAddress('192.0.2.1')]), 0)
})

test('the choice is the same for ever: another release may not move a home', () => {
  const [ipv4 = [], ipv6 = []] = Object.values(POOLS)
  const homes = ['home-1', 'home-2', 'home-3', 'lena@example.com']
  assert.deepEqual(
    homes.map((home) => egressAddress(home, ipv4)),
    [9, 14, 6, 10],
  )
  assert.deepEqual(
    homes.map((home) => egressAddress(home, ipv6)),
    [5, 13, 5, 14],
  )
})

for (const [family, pool] of Object.entries(POOLS)) {
  test(`${family}: the order of the pool says nothing`, () => {
    const reversed = pool.toReversed()
    for (const home of HOMES) {
      assert.equal(reversed[egressAddress(home, reversed)!], pool[egressAddress(home, pool)!])
    }
  })

  test(`${family}: every address gets its share of the homes`, () => {
    const shares = new Array<number>(pool.length).fill(0)
    for (const home of HOMES) shares[egressAddress(home, pool)!]!++
    // 250 each; 60 is four standard deviations of a fair die.
    for (const share of shares) assert.ok(Math.abs(share - 250) < 60, shares.join())
  })

  test(`${family}: an address more moves only those whom it gets`, () => {
    const fewer = pool.slice(0, -1)
    const moved = HOMES.filter((home) => egressAddress(home, fewer) !== egressAddress(home, pool))
    for (const home of moved) assert.equal(egressAddress(home, pool), pool.length - 1)
    assert.ok(moved.length > 190 && moved.length < 310, `${moved.length} moved`)
  })
}
