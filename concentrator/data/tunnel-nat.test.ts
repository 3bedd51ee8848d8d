import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress, parsePrefix } from '../../shared/wire/address.ts'
import { hasPlace, type NatConfig, type NatHome, renderNat } from './tunnel-nat.ts'

// What the rules do to packets is shown by deploy/lab/tunnel.alone.lab.test.ts, on a real kernel.

const NONE = { allow: [], deny: [] }
const config: NatConfig = {
  tunnel: {
    interface: 'hybridge0',
    prefix4: parsePrefix('198.18.0.0/15')!,
    prefix6: parsePrefix('fd48:7962:7269::/64')!,
    pool6: undefined,
  },
  acl: NONE,
  forwards: { ipv4: true, ipv6: true },
}
const home: NatHome = {
  number: 0,
  egress4: undefined,
  egress6: undefined,
  own6: undefined,
  acl: NONE,
}
const PORTS = '{ tcp, udp, udplite, sctp, dccp }'

test('each home leaves from its own address of the pool, the others from that of the route', () => {
  const table = renderNat(config, [
    { ...home, egress4: knownAddress('192.0.2.7'), egress6: knownAddress('2001:db8::7') },
    { ...home, number: 1, egress4: knownAddress('192.0.2.8') },
    { ...home, number: 2 },
  ])
  assert.match(
    table,
    /elements = \{ 198\.18\.0\.2 : 192\.0\.2\.7, 198\.18\.0\.3 : 192\.0\.2\.8 \};/,
  )
  assert.match(table, /elements = \{ fd48:7962:7269::2 : 2001:db8::7 \};/)
  const translate = linesOf(table, 'translate').slice(1)
  assert.deepEqual(translate, [
    'oifname "hybridge0" accept',
    'ip saddr 198.18.0.0/15 snat ip to ip saddr map @egress4',
    'ip6 saddr fd48:7962:7269::/64 snat ip6 to ip6 saddr map @egress6',
    'ip saddr 198.18.0.0/15 masquerade',
    'ip6 saddr fd48:7962:7269::/64 masquerade',
  ])
})

test("a home's own list is judged before everybody's, and allow before deny", () => {
  const rule = (prefix: string, ports?: ReadonlyArray<{ from: number; to: number }>) => ({
    ...parsePrefix(prefix)!,
    ...(ports && { ports }),
  })
  const acl = { allow: [rule('10.1.0.0/16')], deny: [rule('10.0.0.0/8'), rule('fc00::/7')] }
  const own = {
    allow: [],
    deny: [rule('192.0.2.0/24', [{ from: 25, to: 25 }]), rule('2001:db8::/32')],
  }
  const table = renderNat({ ...config, acl }, [{ ...home, number: 4, acl: own }])
  assert.deepEqual(linesOf(table, 'from_homes'), [
    'ct state { established, related } accept',
    'ip saddr vmap @own4',
    'ip6 saddr vmap @own6',
    'ip daddr 10.1.0.0/16 accept',
    `ip daddr 10.0.0.0/8 ${REFUSE}`,
    `ip6 daddr fc00::/7 ${REFUSE}`,
    `oifname "hybridge0" ${REFUSE}`,
    'accept',
  ])
  assert.match(table, /map own4 .* elements = \{ 198\.18\.0\.6 : jump home_4 \};/)
  assert.match(table, /map own6 .* elements = \{ fd48:7962:7269::6 : jump home_4 \};/)
  assert.deepEqual(linesOf(table, 'home_4'), [
    `ip daddr 192.0.2.0/24 meta l4proto ${PORTS} th dport { 25-25 } ${REFUSE}`,
    `ip6 daddr 2001:db8::/32 ${REFUSE}`,
  ])
})

test('homes without a list of their own cost no rule', () => {
  const homes = Array.from({ length: 100 }, (_, number) => ({ ...home, number }))
  assert.doesNotMatch(renderNat(config, homes), /home_|jump/)
})

test('a home with a prefix leaves from it as it is, and its own list holds for all of it', () => {
  const acl = { allow: [], deny: [parsePrefix('2001:db8:9::/48')!] }
  const table = renderNat(
    { ...config, tunnel: { ...config.tunnel, pool6: parsePrefix('2001:db8:f00::/40')! } },
    [{ ...home, own6: parsePrefix('2001:db8:f00:7::/64'), acl }],
  )
  assert.deepEqual(linesOf(table, 'translate').slice(1, 4), [
    'oifname "hybridge0" accept',
    'ip6 saddr 2001:db8:f00::/40 accept',
    'ip saddr 198.18.0.0/15 snat ip to ip saddr map @egress4',
  ])
  assert.match(table, /own4 .* \{ 198\.18\.0\.2 : jump home_0 \};/)
  assert.match(
    table,
    /own6 .* \{ fd48:7962:7269::2 : jump home_0, 2001:db8:f00:7::\/64 : jump home_0 \};/,
  )
})

test('nobody begins anything towards a home', () => {
  assert.deepEqual(linesOf(renderNat(config, [home]), 'forward').slice(1), [
    'iifname "hybridge0" goto from_homes',
    'oifname "hybridge0" ct state { established, related } accept',
    'oifname "hybridge0" drop',
  ])
})

test('a host that did not forward before forwards nothing else', () => {
  const rest = (ipv4: boolean, ipv6: boolean) =>
    linesOf(renderNat({ ...config, forwards: { ipv4, ipv6 } }, []), 'forward').slice(4)
  assert.deepEqual(rest(false, false), ['meta nfproto ipv4 drop', 'meta nfproto ipv6 drop'])
  assert.deepEqual(rest(true, false), ['meta nfproto ipv6 drop'])
  assert.deepEqual(rest(true, true), [])
})

test('a home has a place where both prefixes have an address for it', () => {
  const narrow = { prefix4: parsePrefix('198.18.0.0/29')!, prefix6: config.tunnel.prefix6 }
  // Of eight: the network's own, ours, 2 to 6 for homes, the broadcast.
  assert.deepEqual([hasPlace(4, narrow), hasPlace(5, narrow)], [true, false])
  const narrow6 = { prefix4: config.tunnel.prefix4, prefix6: parsePrefix('fd00::/125')! }
  assert.deepEqual([hasPlace(4, narrow6), hasPlace(5, narrow6)], [true, false])
  assert.equal(hasPlace(65_535, config.tunnel), true)
})

function linesOf(table: string, chain: string): string[] {
  const [, body = ''] = table.split(`chain ${chain} {\n`)
  return body
    .slice(0, body.indexOf('\n  }'))
    .split('\n')
    .map((line) => line.trim())
}

const REFUSE = 'reject with icmpx type admin-prohibited'
