/**
 * Interfaces, addresses, routes, rules and conntrack of a real kernel.
 *
 * Needs root: two namespaces of its own (two-hosts.lab.ts).
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from '../wire/address.ts'
import { RouteType } from '../wire/route.ts'
import { ChangeGroup, RTM_GETLINK, RTM_NEWLINK } from '../wire/rtnetlink.ts'
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import { deleteConntrackByMark, deleteConntrackFrom } from './conntrack.ts'
import { SyscallError } from './errors.ts'
import * as libc from './libc.ts'
import { usableAddresses } from './link-addresses.ts'
import { readCounters, readLink, readLinks } from './links.ts'
import { addressesIn } from './named-sets.ts'
import { Netlink, NetlinkSocket } from './netlink.ts'
import { NetworkChanges } from './network-changes.ts'
import {
  addRoute,
  defaultRoutes,
  deleteOurRoutes,
  deleteRoute,
  type OurRoute,
  ourRoutes,
  replaceRoute,
} from './routes.ts'
import { addRule, deleteOurRules, deleteRule, type OurRule, ourRules } from './rules.ts'
import { canRaiseHosts, raiseTwoHosts, type TwoHosts, until } from './two-hosts.lab.ts'

describe('netlink of a real kernel', { skip: !canRaiseHosts() }, () => {
  let hosts: TwoHosts
  let route: NetlinkSocket
  let dsl: number

  before(() => {
    hosts = raiseTwoHosts()
    route = hosts.home.within(() => new NetlinkSocket(Netlink.route))
    dsl = readLink(route, 'dsl')?.index ?? 0
  })

  after(() => {
    route[Symbol.dispose]()
    hosts[Symbol.dispose]()
  })

  test('an interface is read by its name, whether it has a line or not', async () => {
    const link = readLink(route, 'dsl')
    assert.deepEqual(
      { ...link, index: 0 },
      {
        index: 0,
        name: 'dsl',
        up: true,
        carrier: true,
        running: true,
        mtuBytes: 1_500,
      },
    )
    assert.deepEqual(
      readLinks(route)
        .map(({ name }) => name)
        .sort(),
      ['dsl', 'lo', 'lte'],
    )
    assert.equal(readLink(route, 'vdsl'), undefined)

    hosts.cloud.ip('link set dsl down')
    await until('the loss of carrier', () => readLink(route, 'dsl')?.carrier === false)
    assert.equal(readLink(route, 'dsl')?.up, true)
    hosts.cloud.ip('link set dsl up')
    await until('the carrier', () => readLink(route, 'dsl')?.running)
  })

  test('counters grow by what is sent', () => {
    const before = readCounters(route, dsl)
    const fd = hosts.home.within(() => libc.socket(libc.AF_INET6, libc.SOCK_DGRAM, 0))
    libc.sendto(fd, new Uint8Array(1_000), encodeSockaddr6(address('10.9.1.1'), 9))
    libc.close(fd)
    const now = readCounters(route, dsl)
    assert.ok(before !== undefined && now !== undefined)
    assert.ok(now.txPackets > before.txPackets)
    assert.ok(now.txBytes >= before.txBytes + 1_000 + 42)
    assert.equal(readCounters(route, 9_999), undefined)
  })

  test('usable addresses leave out what is tentative, deprecated or link-local', () => {
    const texts = () => usableAddresses(route, dsl).map((found) => formatAddress(found.address))
    assert.deepEqual(texts(), ['10.9.1.2', '2001:db8:91::2'])
    assert.equal(usableAddresses(route, dsl)[0]?.bits, 96 + 24)
    hosts.home.ip('-6 addr add 2001:db8:91::3/64 dev dsl nodad preferred_lft 0')
    assert.deepEqual(texts(), ['10.9.1.2', '2001:db8:91::2'])
    hosts.home.ip('-6 addr del 2001:db8:91::3/64 dev dsl')
    assert.deepEqual(usableAddresses(route, 9_999), [])
  })

  test("the OS's default routes are read, each with its gateway and its metric", () => {
    const found = defaultRoutes(route, dsl).map(({ to, gateway, metric }) => [
      formatPrefix(to),
      gateway && formatAddress(gateway),
      metric,
    ])
    assert.deepEqual(found, [
      ['0.0.0.0/0', '10.9.1.1', 100],
      ['::/0', '2001:db8:91::1', 100],
    ])
    assert.deepEqual(defaultRoutes(route, 9_999), [])
  })

  test('routes of ours come, are replaced and go, and nobody else loses one', () => {
    const theirs = defaultRoutes(route, dsl)
    const { unicast, local, unreachable } = RouteType
    const wanted: OurRoute[] = [
      {
        table: 8_801,
        to: prefix('0.0.0.0/0'),
        type: unicast,
        gateway: address('10.9.1.1'),
        ifIndex: dsl,
        metric: 0,
      },
      {
        table: 8_801,
        to: prefix('::/0'),
        type: unicast,
        gateway: address('2001:db8:91::1'),
        ifIndex: dsl,
        metric: 0,
      },
      { table: 8_801, to: prefix('198.51.100.0/24'), type: unicast, ifIndex: dsl, metric: 7 },
      { table: 8_809, to: prefix('0.0.0.0/0'), type: local, ifIndex: 1, metric: 0 },
      { table: 8_809, to: prefix('::/0'), type: local, ifIndex: 1, metric: 0 },
      { table: 8_800, to: prefix('0.0.0.0/0'), type: unreachable, metric: 9_999 },
      { table: 8_800, to: prefix('2001:db8:ff::/48'), type: unreachable, metric: 9_999 },
    ]
    for (const ours of wanted) assert.equal(addRoute(route, ours), 0, route.complaint)
    assert.equal(addRoute(route, wanted[0]!), -EEXIST)
    const plain = ({ table, to, type, gateway }: OurRoute) =>
      `${table} ${type} ${formatPrefix(to)} ${gateway === undefined ? '' : formatAddress(gateway)}`
    assert.deepEqual(ourRoutes(route).map(plain).sort(), wanted.map(plain).sort())

    // A gateway outside the interface's subnets, as LTE likes to have it.
    const moved = { ...wanted[0]!, gateway: address('10.64.64.64') }
    assert.equal(replaceRoute(route, moved), 0, route.complaint)
    assert.equal(ourRoutes(route).length, wanted.length)
    assert.ok(ourRoutes(route).map(plain).includes(plain(moved)))

    assert.equal(deleteRoute(route, wanted[2]!), 0)
    assert.equal(deleteRoute(route, wanted[2]!), -ESRCH)
    assert.equal(deleteOurRoutes(route), wanted.length - 1)
    assert.deepEqual(ourRoutes(route), [])
    assert.deepEqual(defaultRoutes(route, dsl), theirs)
  })

  test('rules of ours come and go, and nobody else loses one', () => {
    hosts.home.ip('rule add priority 500 table main')
    const mark = { value: 0x0020_0000, mask: 0x00f0_0000 }
    const wanted: OurRule[] = [
      { family: 'ipv4', priority: 8_790, from: prefix('10.9.1.2'), table: 8_801 },
      { family: 'ipv4', priority: 8_791, mark, table: 8_801 },
      { family: 'ipv6', priority: 8_791, mark, table: 8_801 },
      { family: 'ipv6', priority: 8_792, table: 254, suppressPrefixLength: 0 },
      {
        family: 'ipv6',
        priority: 8_793,
        to: prefix('2001:db8::/32'),
        inputInterface: 'dsl',
        table: 8_800,
      },
    ]
    for (const ours of wanted) assert.equal(addRule(route, ours), 0, route.complaint)
    assert.equal(addRule(route, wanted[0]!), -EEXIST)
    const filled = wanted.map((ours) => ({
      from: undefined,
      to: undefined,
      mark: undefined,
      inputInterface: undefined,
      suppressPrefixLength: undefined,
      protocol: 88,
      ...ours,
    }))
    assert.deepEqual(ourRules(route), filled)

    assert.equal(deleteRule(route, wanted[1]!), 0)
    assert.equal(deleteRule(route, wanted[1]!), -ENOENT)
    assert.equal(deleteOurRules(route), wanted.length - 1)
    assert.deepEqual(ourRules(route), [])
    hosts.home.ip('rule del priority 500 table main')
  })

  test('changes of links, addresses and routes are heard, without waiting for them', async () => {
    using changes = hosts.home.within(() => new NetworkChanges())
    assert.equal(changes.drain().size, 0)
    hosts.home.ip('-6 addr add 2001:db8:91::4/64 dev dsl nodad')
    await until('the address', () => changes.drain().has('address'))
    hosts.home.ip('route add 203.0.113.0/24 dev dsl')
    await until('the route', () => changes.drain().has('route'))
    hosts.cloud.ip('link set lte down')
    await until('the carrier', () => changes.drain().has('link'))
    hosts.cloud.ip('link set lte up')
  })

  test('a listener that was too slow is told so, once, and hears on', () => {
    using slow = hosts.home.within(() => new NetlinkSocket(Netlink.route))
    slow.subscribe([ChangeGroup.ipv4Route], 1_024)
    const ours = { table: 8_801, type: RouteType.unreachable, metric: 0 }
    for (let i = 0; i < 200; i++) addRoute(route, { ...ours, to: prefix(`10.${i}.0.0/16`) })
    assert.equal(
      slow.drain(() => {}),
      'lost',
    )
    assert.equal(
      slow.drain(() => {}),
      'ok',
    )
    deleteOurRoutes(route)
    assert.throws(() => slow.ask(RTM_GETLINK, 0, new Uint8Array(16)), RangeError)
  })

  test('request() throws a sentence with the errno and the words of the kernel', () => {
    assert.throws(
      () => route.request(RTM_NEWLINK, 0, new Uint8Array(1), 'make a link'),
      (error) => {
        assert.ok(error instanceof SyscallError)
        assert.match(error.message, /^Cannot make a link: netlink.* answered EINVAL$/)
        return true
      },
    )
    using generic = new NetlinkSocket(Netlink.generic)
    assert.throws(() => generic.family('no_such_thing'), /find the netlink family no_such_thing/)
  })

  test('conntrack forgets the flows of one mark, of both families, and no others', () => {
    const { home } = hosts
    home.nft('add table inet marks')
    home.nft('add chain inet marks out { type filter hook output priority 0 ; }')
    for (const [port, mark] of [
      [1_001, '0x00200007'],
      [1_002, '0x00300007'],
    ]) {
      home.nft(`add rule inet marks out udp dport ${port} ct mark set ${mark}`)
    }
    const fd = home.within(() => libc.socket(libc.AF_INET6, libc.SOCK_DGRAM, 0))
    for (const to of ['10.9.1.1', '2001:db8:91::1']) {
      for (const port of [1_001, 1_002]) {
        libc.sendto(fd, new Uint8Array(1), encodeSockaddr6(address(to), port))
      }
    }
    libc.close(fd)
    assert.equal(home.conntrack().filter((entry) => entry.includes('dport=1001')).length, 2)

    using netfilter = home.within(() => new NetlinkSocket(Netlink.netfilter))
    // None of these is translated.
    assert.equal(deleteConntrackByMark(netfilter, 0x0020_0000, 0x00f0_0000, 'translated'), 0)
    assert.equal(home.conntrack().filter((entry) => entry.includes('dport=1001')).length, 2)
    assert.equal(deleteConntrackByMark(netfilter, 0x0020_0000, 0x00f0_0000, 'all'), 0)
    assert.deepEqual(
      home.conntrack().filter((entry) => entry.includes('dport=1001')),
      [],
    )
    assert.equal(home.conntrack().filter((entry) => entry.includes('dport=1002')).length, 2)
    assert.equal(deleteConntrackByMark(netfilter, 0x0020_0000, 0x00f0_0000, 'all'), 0)
  })

  test('conntrack forgets what one host, or one prefix, has begun, and nothing else', () => {
    const { home } = hosts
    home.nft('add table inet tracked')
    home.nft('add chain inet tracked out { type filter hook output priority 0 ; }')
    home.nft('add rule inet tracked out ct state new accept')
    using netfilter = home.within(() => new NetlinkSocket(Netlink.netfilter))
    for (const own of ['10.9.1.2', '2001:db8:91::/64', '2001:db8:92::/64']) {
      deleteConntrackFrom(netfilter, [prefix(own)])
    }
    const fd = home.within(() => libc.socket(libc.AF_INET6, libc.SOCK_DGRAM, 0))
    for (const to of ['10.9.1.1', '10.9.2.1', '2001:db8:91::1', '2001:db8:92::1']) {
      for (const port of [2_001, 2_002]) {
        libc.sendto(fd, new Uint8Array(1), encodeSockaddr6(address(to), port))
      }
    }
    libc.close(fd)
    const left = () => home.conntrack().filter((entry) => entry.includes('dport=200')).length
    assert.equal(left(), 8)
    assert.equal(deleteConntrackFrom(netfilter, [prefix('10.9.1.2'), prefix('10.9.9.9')]), 2)
    assert.equal(deleteConntrackFrom(netfilter, [prefix('2001:db8:92::2')]), 2)
    assert.equal(left(), 4)
    assert.equal(deleteConntrackFrom(netfilter, [prefix('2001:db8:91::/64')]), 2)
    assert.equal(left(), 2)
    home.nft('delete table inet tracked')
  })

  test('a set tells which addresses it holds', () => {
    const { home } = hosts
    using netfilter = home.within(() => new NetlinkSocket(Netlink.netfilter))
    home.nft('add table inet told')
    for (const [set, type] of [
      ['four', 'ipv4_addr'],
      ['six', 'ipv6_addr'],
    ]) {
      home.nft(`add set inet told ${set} { type ${type} ; flags dynamic,timeout ; timeout 1m ; }`)
    }
    assert.deepEqual(addressesIn(netfilter, 'told', 'four'), [])
    const many = Array.from({ length: 300 }, (_, i) => `198.18.${i >> 8}.${i & 255}`)
    home.nft(`add element inet told four { ${many.join(', ')} }`)
    home.nft('add element inet told six { 2001:db8::7 }')
    const said = (set: string) => addressesIn(netfilter, 'told', set).map(formatAddress)
    assert.deepEqual(said('four').toSorted(), many.toSorted())
    assert.deepEqual(said('six'), ['2001:db8::7'])
    assert.deepEqual(said('none'), [])
    home.nft('delete table inet told')
  })
})

function address(text: string): Uint8Array {
  const bytes = parseAddress(text)
  assert.ok(bytes !== undefined)
  return bytes
}

function prefix(text: string) {
  const parsed = parsePrefix(text)
  assert.ok(parsed !== undefined)
  return parsed
}

const ENOENT = 2
const ESRCH = 3
const EEXIST = 17
