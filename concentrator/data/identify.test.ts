import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SHARED } from '../../shared/core/tie.ts'
import { parseAddress, parsePrefix } from '../../shared/wire/address.ts'
import { entitledTo } from './identify.ts'
import { COOKIES, fakeRoom, subscriber } from './room.fake.ts'

const dsl = { subscriber: 0, leg: 1 }
const lte = { subscriber: 0, leg: 2 }
const natted = parseAddress('198.51.100.129')!
const ownNetwork = parseAddress('2001:db8:d::2')!

test('a stranger at an IPv4 address that a home shares is not given its cookie', () => {
  const room = fakeRoom()
  room.world.owner = lte
  assert.equal(entitledTo(room, natted), undefined)
})

test('an IPv4 address on a leg with addresses of its own is given one', () => {
  const room = fakeRoom()
  room.world.owner = dsl
  assert.deepEqual(entitledTo(room, natted), dsl)
})

test('the operator says which legs have addresses of their own', () => {
  for (const [tie, ownAddressLegs, given] of [
    [lte, [1, 2], lte],
    [dsl, [], undefined],
  ] as const) {
    const room = fakeRoom({ ownAddressLegs })
    room.world.owner = tie
    assert.deepEqual(entitledTo(room, natted), given)
  }
})

test('an IPv6 /64 is given one on either leg', () => {
  for (const tie of [dsl, lte]) {
    const room = fakeRoom({ ownAddressLegs: [] })
    room.world.owner = tie
    assert.deepEqual(entitledTo(room, ownNetwork), tie)
  }
})

test('an address in a home’s prefixes is given one, whoever probed from it', () => {
  const room = fakeRoom({
    ownAddressLegs: [],
    subscribers: [
      subscriber(COOKIES[0], { prefixes: [{ prefix: parsePrefix('198.51.100.129/32')!, leg: 2 }] }),
      subscriber(COOKIES[1]),
    ],
  })
  room.world.owner = { subscriber: 1, leg: 1 }
  assert.deepEqual(entitledTo(room, natted), lte)
})

test('an address of several homes is given none', () => {
  const room = fakeRoom({ ownAddressLegs: [1, 2] })
  room.world.owner = SHARED
  assert.equal(entitledTo(room, natted), undefined)
  assert.equal(entitledTo(room, ownNetwork), undefined)
})
