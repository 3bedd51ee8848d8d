import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, parsePrefix } from '../wire/address.ts'
import { type Acl, type AclRule, mayReach } from './admission.ts'

const everybody: Acl = {
  allow: [rule('10.1.2.0/24')],
  deny: [rule('10.0.0.0/8'), rule('fc00::/7'), rule('0.0.0.0/0', 25)],
}

for (const [address, verdict] of [
  ['198.51.100.10', 'reach'],
  ['2001:db8:5::10', 'reach'],
  ['10.9.9.9', 'acl'],
  ['10.1.2.3', 'reach'],
  ['fd00:ec2::254', 'acl'],
  ['11.0.0.1', 'reach'],
] as const) {
  test(`mayReach() says ${verdict} to a home that wants ${address}`, () => {
    assert.equal(mayReach([everybody], to(address), false), verdict)
  })
}

test('a rule with ports names these and no others', () => {
  assert.equal(mayReach([everybody], to('198.51.100.10', 25), false), 'acl')
  assert.equal(mayReach([everybody], to('198.51.100.10', 26), false), 'reach')
  assert.equal(mayReach([everybody], to('10.1.2.3', 25), false), 'reach')
  const range: Acl = { allow: [], deny: [{ ...rule('::/0'), ports: [{ from: 20, to: 22 }] }] }
  for (const [port, verdict] of [
    [19, 'reach'],
    [20, 'acl'],
    [22, 'acl'],
    [23, 'reach'],
  ] as const) {
    assert.equal(mayReach([range], to('2001:db8::1', port), false), verdict, String(port))
  }
})

test('the list of the subscriber stands before everybody’s', () => {
  const own: Acl = { allow: [rule('10.9.9.9', 443)], deny: [rule('10.1.2.3')] }
  assert.equal(mayReach([own, everybody], to('10.9.9.9', 443), false), 'reach')
  assert.equal(mayReach([own, everybody], to('10.9.9.9', 80), false), 'acl')
  assert.equal(mayReach([own, everybody], to('10.1.2.3'), false), 'acl')
  assert.equal(mayReach([own, everybody], to('10.1.2.4'), false), 'reach')
})

test('a hairpin is refused unless a list allows it', () => {
  assert.equal(mayReach([everybody], to('203.0.113.2'), true), 'hairpin')
  assert.equal(mayReach([everybody], to('10.1.2.3'), true), 'reach')
  assert.equal(mayReach([everybody], to('10.9.9.9'), true), 'acl')
})

test('mayReach() does not take an IPv6 prefix for an IPv4 one', () => {
  const everythingIpv6 = { allow: [], deny: [rule('2000::/3')] }
  assert.equal(mayReach([everythingIpv6], to('32.1.2.3'), false), 'reach')
})

test('mayReach() lets nobody reach "any", which is the concentrator itself', () => {
  const open = { allow: [rule('0.0.0.0/0'), rule('::/0')], deny: [] }
  assert.equal(mayReach([open], to('0.0.0.0'), false), 'acl')
  assert.equal(mayReach([open], to('::'), false), 'acl')
})

function rule(prefix: string, port?: number): AclRule {
  const parsed = parsePrefix(prefix)!
  return port === undefined ? parsed : { ...parsed, ports: [{ from: port, to: port }] }
}

function to(address: string, port = 80) {
  return { address: parseAddress(address)!, port }
}
