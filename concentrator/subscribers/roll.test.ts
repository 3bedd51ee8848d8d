import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { knownPrefix } from '../../shared/config/address.ts'
import { SHARED } from '../../shared/core/tie.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { Roll, type StreetSubscriber } from './roll.ts'

const [one, other] = [new Uint8Array(8), new Uint8Array(8).fill(1)]
const here = knownAddress('203.0.113.2')

test('who comes is known by cookie and by prefix, and who goes is not', () => {
  const roll = new Roll([home(one, '203.0.113.0/30')])
  assert.equal(roll.numberOf(one), 0)
  assert.deepEqual(roll.ownerOf(here), { subscriber: 0, leg: 1 })
  roll.change({ number: 0, subscriber: undefined })
  assert.deepEqual(
    [roll.numberOf(one), roll.ownerOf(here), roll.get(0)],
    [undefined, undefined, undefined],
  )
})

test('a prefix of two is one’s again when the other has gone', () => {
  const roll = new Roll([home(one, '203.0.113.0/30'), home(other, '203.0.113.2/32')])
  assert.equal(roll.ownerOf(here), SHARED)
  roll.change({ number: 1, subscriber: home(other, '198.51.100.0/24') })
  assert.deepEqual(roll.ownerOf(here), { subscriber: 0, leg: 1 })
})

test('a cookie that one has given up and another has taken is the other’s', () => {
  const roll = new Roll([home(one), home(other)])
  roll.change({ number: 1, subscriber: home(one) })
  roll.change({ number: 0, subscriber: home(other) })
  assert.deepEqual([roll.numberOf(one), roll.numberOf(other)], [1, 0])
})

function home(cookie: Uint8Array, prefix?: string): StreetSubscriber {
  return {
    cookieHash: hash('sha256', cookie, 'hex'),
    pseudonym: cookie,
    prefixes: prefix === undefined ? [] : [{ prefix: knownPrefix(prefix), leg: 1 }],
    acl: { allow: [], deny: [] },
    egress: { ipv4: undefined, ipv6: undefined },
  }
}
