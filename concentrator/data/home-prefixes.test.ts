import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatPrefix, knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import { HomePrefixes } from './home-prefixes.ts'

const pool = { pool: parsePrefix('2001:db8:f00::/40')!, bits: 64 }
const home = (id: string, prefix6?: string) => ({
  id,
  egress: prefix6 === undefined ? {} : { prefix6: parsePrefix(prefix6)! },
})

test('a home has the prefix of its name, whoever else is there', () => {
  const { prefixes } = opened()
  const own = prefixes.change(3, home('home-1'))
  assert.equal(own && formatPrefix(own), '2001:db8:f10:53a9::/64')
  for (let i = 0; i < 50; i++) prefixes.change(10 + i, home(`other-${i}`))
  const again = opened().prefixes
  for (let i = 0; i < 50; i++) again.change(i, home(`other-${i}`))
  assert.deepEqual(again.change(99, home('home-1')), own)
  assert.deepEqual(again.of(99), own)
  assert.equal(again.ownerOf(knownAddress('2001:db8:f10:53a9::77')), 99)
  assert.equal(again.ownerOf(knownAddress('2001:db8:f10:53aa::77')), undefined)
})

test('what its operator has given it goes before its name, while it is of the pool', () => {
  const { prefixes, warned } = opened()
  const given = prefixes.change(0, home('home-1', '2001:db8:f00:5::/64'))
  assert.equal(given && formatPrefix(given), '2001:db8:f00:5::/64')
  for (const odd of ['2001:db8:e00::/64', '2001:db8:f00::/56', '10.0.0.0/8']) {
    assert.equal(prefixes.change(1, home('home-2', odd)), undefined)
  }
  assert.equal(warned.length, 3)
  assert.match(warned[0]!, /home-2 has none, for 2001:db8:e00::\/64 is none of tunnel\.pool6/)
})

test('of two that want one the first has it, and the other when that has gone', () => {
  const { prefixes, warned } = opened()
  const one = '2001:db8:f00:5::/64'
  assert.ok(prefixes.change(0, home('a', one)))
  assert.equal(prefixes.change(1, home('b', one)), undefined)
  assert.match(warned[0]!, /b has none, for another home has it; set its egress\.prefix6/)
  prefixes.change(0, undefined)
  assert.equal(prefixes.of(0), undefined)
  assert.ok(prefixes.change(1, home('b', one)))
  // A change of something else, and a change of name.
  assert.ok(prefixes.change(1, home('b', one)))
  prefixes.change(1, home('b'))
  assert.equal(prefixes.ownerOf(knownAddress('2001:db8:f00:5::1')), undefined)
})

test('without a pool nobody has one', () => {
  const prefixes = new HomePrefixes(undefined, () => assert.fail())
  assert.equal(prefixes.change(0, home('a', '2001:db8:f00:5::/64')), undefined)
  assert.deepEqual([prefixes.of(0), prefixes.ownerOf(new Uint8Array(16))], [undefined, undefined])
})

function opened() {
  const warned: string[] = []
  return { warned, prefixes: new HomePrefixes(pool, (why) => warned.push(why)) }
}
