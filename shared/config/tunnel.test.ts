import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concentratorConfig } from './concentrator.ts'
import { cpeConfig } from './cpe.ts'
import { readWith, testEdges } from './edges.fake.ts'
import { tunnelPort } from './tunnel.ts'

const home = {
  subscriber: { id: 'home-1', cookie: '0123456789abcdef' },
  concentrator: { addresses: ['192.0.2.10'], port: 8_803 },
  lan: { interfaces: ['lan'] },
  legs: { dsl: { interface: 'dsl' }, lte: { interface: 'lte' } },
}
const street = { listen: { port: 8_803 }, subscribers: [home.subscriber] }

const bothEnds = [
  { key: 'tunnel.enabled', good: [true, false], bad: ['maybe', 1], says: /must be true or false/ },
  {
    key: 'tunnel.port',
    good: [1, 8_804, 65_535],
    bad: [0, 65_536],
    says: /whole number from 1 to 65535/,
  },
  { key: 'tunnel.port', good: [], bad: [8_803], says: /is 8803, where probes are answered/ },
  {
    key: 'tunnel.interface',
    good: ['hybridge0', 'tun-home'],
    bad: ['', 'a/b', 'sixteen-letters-'],
    says: /must be the name of an interface/,
  },
  {
    key: 'tunnel.reorderMsMax',
    good: [0, 500],
    bad: [-1, 501, 1.5],
    says: /whole number from 0 to 500/,
  },
]

testEdges(cpeConfig, home, [
  ...bothEnds,
  {
    key: 'tunnel.cipher',
    good: ['aes-128-gcm', 'chacha20-poly1305', 'none'],
    bad: ['aes', 0],
    says: /must be aes-128-gcm, chacha20-poly1305 or none/,
  },
  {
    key: 'tunnel.interface',
    good: [],
    bad: ['lan', 'dsl', 'lte'],
    says: /is there already; the tunnel makes one of its own/,
  },
])

testEdges(concentratorConfig, street, [
  ...bothEnds,
  {
    key: 'tunnel.prefix4',
    good: ['10.64.0.0/10', '192.0.2.0/30'],
    bad: ['192.0.2.1/24', 'ten', 10],
    says: /tunnel\.prefix4/,
  },
  { key: 'tunnel.prefix4', good: [], bad: ['fd00::/64'], says: /is no IPv4 prefix/ },
  { key: 'tunnel.prefix4', good: [], bad: ['192.0.2.0/31'], says: /has no room for 1 homes/ },
  { key: 'tunnel.prefix6', good: ['fd00::/64', '2001:db8::/126'], bad: [], says: /./ },
  { key: 'tunnel.prefix6', good: [], bad: ['10.0.0.0/8'], says: /is no IPv6 prefix/ },
  { key: 'tunnel.prefix6', good: [], bad: ['fd00::/127'], says: /has no room for 1 homes/ },
  {
    key: 'tunnel.pool6',
    good: [undefined, '2001:db8::/32', '2001:db8:f00::/40', '2001:db8:f00::/64'],
    bad: ['2001:d00::/24', '2001:db8::/65', '10.0.0.0/8'],
    says: /must be an IPv6 prefix of 32 to 64 bits/,
  },
])

test('the port of the tunnel is the one after that for Convert, unless it is said', () => {
  assert.equal(tunnelPort({}, 8_803), 8_804)
  assert.equal(tunnelPort({ port: 500 }, 8_803), 500)
})

test('where there is no port after that for Convert, one must be said', () => {
  const last = { ...street, listen: { port: 65_535 } }
  assert.equal(readWith(concentratorConfig, last, 'tunnel.enabled', false).kind, 'value')
  const reading = readWith(concentratorConfig, last, 'tunnel.enabled', true)
  assert.ok(reading.kind === 'problems')
  assert.match(reading.problems.join(), /tunnel\.port must be said: there is no port after 65535/)
})
