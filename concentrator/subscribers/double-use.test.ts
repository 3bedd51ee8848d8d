import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../shared/wire/address.ts'
import { isDoubleUse } from './double-use.ts'
import { Tallies } from './tallies.ts'

const cookie = Uint8Array.from({ length: 32 }, (_, i) => i * 7)
const here = parseAddress('2001:db8:d::2')!
const there = parseAddress('2001:db8:d::3')!

test('a cookie that is shown again and again from one address is in order', () => {
  const uses = usesOf(3)
  for (let nowS = 0; nowS < 10; nowS++) assert.equal(uses(1, cookie, here, nowS), false)
})

test('two addresses within a minute are not', () => {
  const uses = usesOf(3)
  uses(1, cookie, here, 100)
  assert.equal(uses(1, cookie, there, 159), true)
  assert.equal(uses(1, cookie, here, 160), true)
  assert.equal(uses(1, cookie, there, 220), false)
})

test('another cookie, another leg and another subscriber have uses of their own', () => {
  const tallies = Tallies.create(4)
  const uses = usesOf(3, tallies)
  uses(1, cookie, here, 100)
  assert.equal(uses(2, cookie, there, 101), false)
  assert.equal(usesOf(2, tallies)(1, cookie, there, 101), false)
  assert.equal(uses(1, cookie.toReversed(), there, 101), false)
})

function usesOf(subscriber: number, tallies = Tallies.create(4)) {
  return (leg: number, shown: Uint8Array, address: Uint8Array, nowS: number) =>
    isDoubleUse(tallies, { subscriber, leg, cookie: shown, address }, nowS)
}
