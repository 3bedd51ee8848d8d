import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { OurRoute } from '../../shared/linux/routes.ts'
import type { OurRule } from '../../shared/linux/rules.ts'
import { formatAddress, formatPrefix } from '../../shared/wire/address.ts'
import { familyOf, RouteType } from '../../shared/wire/route.ts'
import {
  type Legs,
  planRoutes,
  planRules,
  type RoutedLeg,
  TABLE,
  wantedRoutes,
  wantedRules,
} from './routes.ts'

const config = {
  concentrator: { addresses: ['192.0.2.10', '2001:db8:c::10'], port: 8_803 },
  lan: { interfaces: ['lan'] },
  tunnel: { enabled: false, interface: 'hybridge0' },
}
const BARE: RoutedLeg = { up: false, ifIndex: undefined }
const dsl: RoutedLeg = {
  up: true,
  ifIndex: 2,
  address4: '203.0.113.2',
  gateway4: '203.0.113.1',
  address6: '2001:db8:d::2',
  gateway6: '2001:db8:d::1',
}
const lte: RoutedLeg = {
  up: true,
  ifIndex: 3,
  address4: '100.64.0.2',
  gateway4: '100.64.0.1',
  address6: '2001:db8:e::2',
  gateway6: '2001:db8:e::1',
}

describe('wantedRules()', () => {
  test('looks at captured packets first, at what is near next, at the active leg last', () => {
    assert.deepEqual(told(wantedRules(config, { dsl: BARE, lte: BARE }), 'ipv4'), [
      '8790 mark tproxy in lan -> 8809',
      '8792 -> main, no default',
      '8794 mark dsl -> 8801',
      '8794 mark lte -> 8802',
      '8800 -> 8800',
    ])
  })

  test("binds a leg's address to its table, for the concentrator before anything else", () => {
    const rules = told(wantedRules(config, { dsl, lte }), 'ipv6')
    assert.deepEqual(
      rules.filter((rule) => rule.includes('from')),
      [
        '8791 from 2001:db8:d::2/128 to 2001:db8:c::10/128 -> 8801',
        '8791 from 2001:db8:e::2/128 to 2001:db8:c::10/128 -> 8802',
        '8793 from 2001:db8:d::2/128 -> 8801',
        '8793 from 2001:db8:e::2/128 -> 8802',
      ],
    )
  })

  test('has no rule for the family that a leg lacks', () => {
    const rules = told(wantedRules(config, { dsl: { ...dsl, address6: undefined }, lte }), 'ipv6')
    assert.deepEqual(
      rules.filter((rule) => rule.includes('from') && rule.includes('8801')),
      [],
    )
  })
})

describe('wantedRoutes()', () => {
  const rows: ReadonlyArray<{
    name: string
    active?: 'dsl' | 'lte'
    legs: Legs<RoutedLeg>
    /** What table 8800 says for IPv4 and for IPv6; empty where main decides. */
    says: readonly [ipv4: string, ipv6: string]
  }> = [
    { name: 'leaves it to the OS with no active leg', legs: { dsl, lte }, says: ['', ''] },
    {
      name: 'leads out by the active leg',
      active: 'lte',
      legs: { dsl, lte },
      says: ['via 100.64.0.1 dev 3', 'via 2001:db8:e::1 dev 3'],
    },
    {
      name: 'leads out by the active leg even if it is down: whoever chose it knows best',
      active: 'dsl',
      legs: { dsl: { ...dsl, up: false }, lte },
      says: ['via 203.0.113.1 dev 2', 'via 2001:db8:d::1 dev 2'],
    },
    {
      name: 'leads a family that the active leg lacks over the other leg',
      active: 'dsl',
      legs: { dsl: { ...dsl, address6: undefined }, lte },
      says: ['via 203.0.113.1 dev 2', 'via 2001:db8:e::1 dev 3'],
    },
    {
      name: 'refuses a family that only a dead leg has',
      active: 'lte',
      legs: { dsl: { ...dsl, up: false }, lte: { ...lte, address6: undefined } },
      says: ['via 100.64.0.1 dev 3', 'unreachable'],
    },
    {
      name: 'leaves a family that no leg has to the OS',
      active: 'lte',
      legs: { dsl: { ...dsl, address6: undefined }, lte: { ...lte, address6: undefined } },
      says: ['via 100.64.0.1 dev 3', ''],
    },
    {
      name: 'leaves it to the OS when the active leg has lost its interface and the other is down',
      active: 'dsl',
      legs: { dsl: { ...dsl, ifIndex: undefined }, lte: { ...BARE } },
      says: ['', ''],
    },
    {
      name: 'needs no gateway on a line with only one other end',
      active: 'dsl',
      legs: { dsl: { ...dsl, gateway4: undefined, gateway6: undefined }, lte },
      says: ['dev 2', 'dev 2'],
    },
  ]
  for (const { name, active, legs, says } of rows) {
    test(name, () => {
      const routes = wantedRoutes(active, legs, undefined)
      for (const [i, family] of (['ipv4', 'ipv6'] as const).entries()) {
        assert.equal(tableSays(routes, TABLE.active, family), says[i], family)
      }
    })
  }

  test("ends each leg's table in a wall, whatever the leg has", () => {
    for (const legs of [
      { dsl, lte },
      { dsl: BARE, lte: BARE },
    ]) {
      for (const family of ['ipv4', 'ipv6'] as const) {
        for (const table of [TABLE.dsl, TABLE.lte]) {
          assert.match(
            tableSays(wantedRoutes('dsl', legs, undefined), table, family),
            /unreachable$/,
          )
        }
      }
    }
  })

  test('keeps the way over a leg that is down, for probes', () => {
    const routes = wantedRoutes('lte', { dsl: { ...dsl, up: false }, lte }, undefined)
    assert.equal(tableSays(routes, TABLE.dsl, 'ipv4'), 'via 203.0.113.1 dev 2, unreachable')
  })
})

describe('planRules() and planRoutes()', () => {
  const rules = wantedRules(config, { dsl, lte })
  const routes = wantedRoutes('dsl', { dsl, lte }, undefined)

  test('have nothing to do when all is as it should be', () => {
    // The kernel answers with more than was asked for: it says where a wall stands.
    const found = routes.map((route) => ({ ifIndex: 1, ...route, protocol: 88 }))
    assert.deepEqual(planRules(rules, rules.toReversed()), { add: [], remove: [] })
    assert.deepEqual(planRoutes(routes, found), { replace: [], remove: [] })
  })

  test('begin and end with nothing', () => {
    assert.deepEqual(planRules(rules, []), { add: rules, remove: [] })
    assert.deepEqual(planRules([], rules), { add: [], remove: rules })
    assert.deepEqual(planRoutes(routes, []), { replace: routes, remove: [] })
    assert.deepEqual(planRoutes([], routes), { replace: [], remove: routes })
  })

  test('turn the active leg by two replacements, so that no packet finds no way', () => {
    const plan = planRoutes(wantedRoutes('lte', { dsl, lte }, undefined), routes)
    assert.deepEqual(
      plan.replace.map(({ table, gateway }) => [table, formatAddress(gateway!)]),
      [
        [TABLE.active, '100.64.0.1'],
        [TABLE.active, '2001:db8:e::1'],
      ],
    )
    assert.deepEqual(plan.remove, [])
  })

  test('move an address by its rules alone', () => {
    const moved = { ...dsl, address4: '203.0.113.3' }
    const plan = planRules(wantedRules(config, { dsl: moved, lte }), rules)
    assert.deepEqual(told(plan.add, 'ipv4'), [
      '8791 from 203.0.113.3/32 to 192.0.2.10/32 -> 8801',
      '8793 from 203.0.113.3/32 -> 8801',
    ])
    assert.equal(plan.remove.length, 2)
    assert.deepEqual(planRoutes(wantedRoutes('dsl', { dsl: moved, lte }, undefined), routes), {
      replace: [],
      remove: [],
    })
  })
})

/** The rules of a family in the order in which the kernel asks them, as one would say them. */
function told(rules: readonly OurRule[], family: 'ipv4' | 'ipv6'): string[] {
  const MARKS = new Map([
    [0x100000, 'tproxy'],
    [0x200000, 'dsl'],
    [0x300000, 'lte'],
  ])
  return rules
    .filter((rule) => rule.family === family)
    .toSorted((a, b) => a.priority - b.priority)
    .map(({ priority, from, to, mark, inputInterface, table, suppressPrefixLength }) =>
      [
        priority,
        from && `from ${formatPrefix(from)}`,
        to && `to ${formatPrefix(to)}`,
        mark && `mark ${MARKS.get(mark.value)}`,
        inputInterface && `in ${inputInterface}`,
        '->',
        table === 254 ? 'main' : table,
      ]
        .filter((word) => word !== undefined)
        .join(' ')
        .concat(suppressPrefixLength === 0 ? ', no default' : ''),
    )
}

function tableSays(routes: readonly OurRoute[], table: number, family: string): string {
  return routes
    .filter((route) => route.table === table && familyOf(route.to) === family)
    .toSorted((a, b) => a.metric - b.metric)
    .map(({ type, gateway, ifIndex }) => {
      if (type === RouteType.unreachable) return 'unreachable'
      return gateway === undefined
        ? `dev ${ifIndex}`
        : `via ${formatAddress(gateway)} dev ${ifIndex}`
    })
    .join(', ')
}
