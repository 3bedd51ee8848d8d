import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, parsePrefix } from '../wire/address.ts'
import { mayReach } from './admission.ts'

const acl = {
  allow: [parsePrefix('10.1.2.0/24')!],
  deny: [parsePrefix('10.0.0.0/8')!, parsePrefix('fc00::/7')!],
}

for (const [address, may] of [
  ['198.51.100.10', true],
  ['2001:db8:5::10', true],
  ['10.9.9.9', false],
  ['10.1.2.3', true],
  ['fd00:ec2::254', false],
  ['11.0.0.1', true],
] as const) {
  test(`mayReach() ${may ? 'lets' : 'does not let'} a home reach ${address}`, () => {
    assert.equal(mayReach(acl, parseAddress(address)!), may)
  })
}

test('mayReach() does not take an IPv6 prefix for an IPv4 one', () => {
  const everythingIpv6 = { allow: [], deny: [parsePrefix('2000::/3')!] }
  assert.equal(mayReach(everythingIpv6, parseAddress('32.1.2.3')!), true)
})

test('mayReach() lets nobody reach "any", which is the concentrator itself', () => {
  const open = { allow: [parsePrefix('0.0.0.0/0')!, parsePrefix('::/0')!], deny: [] }
  assert.equal(mayReach(open, parseAddress('0.0.0.0')!), false)
  assert.equal(mayReach(open, parseAddress('::')!), false)
})
