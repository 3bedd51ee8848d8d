import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, parsePrefix } from '../wire/address.ts'
import { eitherTie, PrefixTies, prefixBytes, SHARED } from './tie.ts'

const home = { subscriber: 0, leg: 1 }
const neighbour = { subscriber: 1, leg: 1 }

test('two ties of one address agree, or tell nothing', () => {
  assert.equal(eitherTie(undefined, undefined), undefined)
  assert.deepEqual(eitherTie(home, undefined), home)
  assert.deepEqual(eitherTie(home, { ...home }), home)
  assert.equal(eitherTie(home, neighbour), SHARED)
  assert.equal(eitherTie(home, { ...home, leg: 2 }), SHARED)
  assert.equal(eitherTie(SHARED, home), SHARED)
})

test('an address is tied by any prefix that holds it', () => {
  const ties = tied([
    ['203.0.113.0/30', home],
    ['2001:db8:d::/48', home],
    ['203.0.113.4/32', neighbour],
  ])
  assert.deepEqual(ties.ownerOf(parseAddress('203.0.113.2')!), home)
  assert.deepEqual(ties.ownerOf(parseAddress('203.0.113.4')!), neighbour)
  assert.deepEqual(ties.ownerOf(parseAddress('2001:db8:d:ffff::1')!), home)
  assert.equal(ties.ownerOf(parseAddress('203.0.113.5')!), undefined)
  assert.equal(ties.ownerOf(parseAddress('2001:db8:e::1')!), undefined)
})

test('a prefix within another home’s makes its addresses shared', () => {
  const ties = tied([
    ['203.0.113.0/24', home],
    ['203.0.113.4/32', neighbour],
  ])
  assert.equal(ties.ownerOf(parseAddress('203.0.113.4')!), SHARED)
  assert.deepEqual(ties.ownerOf(parseAddress('203.0.113.5')!), home)
})

test('a tie that is removed tells nothing any more, and leaves the others', () => {
  const wide = parsePrefix('203.0.113.0/24')!
  const ties = tied([
    ['203.0.113.0/24', home],
    ['203.0.113.0/24', neighbour],
    ['203.0.113.0/24', home],
  ])
  ties.remove(wide, neighbour)
  assert.deepEqual(ties.ownerOf(parseAddress('203.0.113.5')!), home)
  ties.remove(wide, home)
  ties.remove(wide, neighbour)
  assert.deepEqual(ties.ownerOf(parseAddress('203.0.113.5')!), home)
  ties.remove(wide, home)
  assert.equal(ties.ownerOf(parseAddress('203.0.113.5')!), undefined)
})

test('every IPv6 address does not mean every IPv4 one', () => {
  const ties = tied([['::/0', home]])
  assert.deepEqual(ties.ownerOf(parseAddress('2001:db8::1')!), home)
  assert.equal(ties.ownerOf(parseAddress('203.0.113.2')!), undefined)
})

test('prefixBytes() clears what stands behind the length and tells lengths apart', () => {
  const bytes = prefixBytes(parseAddress('2001:db8:ffff:ffff::1')!, 44)
  assert.equal(Buffer.from(bytes).toString('hex'), `20010db8fff0${'00'.repeat(10)}2c`)
  const address = parseAddress('2001:db8::')!
  assert.notDeepEqual(prefixBytes(address, 64), prefixBytes(address, 63))
})

function tied(list: ReadonlyArray<readonly [string, typeof home]>): PrefixTies {
  const ties = new PrefixTies()
  for (const [prefix, tie] of list) ties.add(parsePrefix(prefix)!, tie)
  return ties
}
