import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress, parsePrefix } from './address.ts'
import { damaged } from './damage.fake.ts'
import { hex } from './hex.fake.ts'
import {
  ALL_IPV4,
  ALL_IPV6,
  decodeRoute,
  encodeRoute,
  encodeRoutesQuery,
  familyOf,
  type Route,
  RouteType,
} from './route.ts'

// Answers of Linux 6.18.44 to `ip route add ... proto 88`; these do not carry the onlink flag.
const DEFAULT4 = hex(`
  0200 0000 fc58 0001 00000000   0800 0f00 61220000   0800 0500 0a090101   0800 0400 02000000`)
const NET6 = hex(`
  0a30 0000 fc58 0001 00000000   0800 0f00 61220000
  1400 0100 20010db8 00ff0000 00000000 00000000   0800 0600 07000000
  1400 0500 20010db8 00910000 00000000 00000001   0800 0400 02000000
  2400 0c00 00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000
  0500 1400 00 000000`)

const default4: Route = {
  table: 8_801,
  to: ALL_IPV4,
  type: RouteType.unicast,
  gateway: parseAddress('10.9.1.1'),
  ifIndex: 2,
  metric: 0,
  protocol: 88,
}
const net6: Route = {
  table: 8_801,
  to: parsePrefix('2001:db8:ff::/48')!,
  type: RouteType.unicast,
  gateway: parseAddress('2001:db8:91::1'),
  ifIndex: 2,
  metric: 7,
  protocol: 88,
}

test('decodeRoute() reads the table, the way and the metric of both families', () => {
  assert.deepEqual(decodeRoute(DEFAULT4), default4)
  assert.deepEqual(decodeRoute(NET6), net6)
})

test('encodeRoute() writes a default route over a gateway, wherever the gateway is', () => {
  assert.deepEqual(
    encodeRoute(default4),
    hex(`
      0200 0000 0058 0001 04000000   0800 0f00 61220000   0800 0500 0a090101   0800 0400 02000000`),
  )
})

test('encodeRoute() writes a local route for TPROXY with the scope of the host', () => {
  const tproxy = { table: 8_809, to: ALL_IPV6, type: RouteType.local, ifIndex: 1, metric: 0 }
  assert.deepEqual(
    encodeRoute({ ...tproxy, protocol: 88 }),
    hex('0a00 0000 0058 fe02 00000000   0800 0f00 69220000   0800 0400 01000000'),
  )
})

test('encodeRoutesQuery() filters by table, interface and protocol', () => {
  assert.deepEqual(
    encodeRoutesQuery('ipv6', { table: 8_801, ifIndex: 2, protocol: 88 }),
    hex('0a00 0000 0058 0000 00000000   0800 0f00 61220000   0800 0400 02000000'),
  )
})

test('what is encoded reads the same', () => {
  for (const route of [default4, net6]) assert.deepEqual(decodeRoute(encodeRoute(route)), route)
})

test('decodeRoute() leaves out what nobody set: clones, multicast, other families', () => {
  for (const [at, value] of [
    [0, 7],
    [7, 5],
    [9, 2],
  ] as const) {
    const other = DEFAULT4.slice()
    other[at] = value
    assert.equal(decodeRoute(other), undefined)
  }
})

test('familyOf() tells all of IPv4 from all of IPv6', () => {
  assert.equal(familyOf(ALL_IPV4), 'ipv4')
  assert.equal(familyOf(ALL_IPV6), 'ipv6')
  assert.equal(familyOf(parsePrefix('10.0.0.0/8')!), 'ipv4')
})

test('decodeRoute() never throws, whatever the bytes', () => {
  for (const bytes of damaged(NET6, 5_000, 1)) decodeRoute(bytes)
})
