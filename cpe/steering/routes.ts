/**
 * Which way a packet goes: the routing rules and routes that should be there, and the steps to them.
 *
 *    8790  captured, from the LAN                   ask 8809: this machine
 *    8791  from a leg's address to the concentrator ask 8801 or 8802: that leg
 *    8792  anything                                 ask main, but for its default routes
 *    8793  from a leg's address                     ask that leg's table
 *    8794  marked as a leg's                        ask that leg's table
 *    8795  marked as the tunnel's                   ask 8803: the tunnel, while it stands
 *    8800  anything                                 ask 8800: the active leg
 *   32766  anything                                 ask main: what the OS thinks
 *
 * 8792 is where the LAN, the legs' own subnets and the OS's other networks are found. 8791 stands
 * before it, for a subflow must stay on its leg even if the OS has a special route to the
 * concentrator. An address counts before a mark, for the second subflow inherits the mark of the first.
 *
 * A leg's table ends in a wall: what belongs to a leg never leaks to the other.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import { MARK, MARK_MASK } from '../../shared/core/marks.ts'
import { MAIN_TABLE, type OurRoute } from '../../shared/linux/routes.ts'
import type { OurRule } from '../../shared/linux/rules.ts'
import {
  formatAddress,
  formatPrefix,
  parseAddress,
  parsePrefix,
} from '../../shared/wire/address.ts'
import { ALL_IPV4, ALL_IPV6, type Family, familyOf, RouteType } from '../../shared/wire/route.ts'

/** What is known about a leg. A family without an address is one the leg does not have. */
export interface LegRouting {
  /** Packets come through. Its routes stand also while they do not, or no probe would ever return. */
  readonly up: boolean
  readonly address4?: string | undefined
  readonly address6?: string | undefined
  /** Next hop; absent where the line has only one other end (PPP). */
  readonly gateway4?: string | undefined
  readonly gateway6?: string | undefined
}

/** A leg, and the number of its interface; undefined while the interface is missing or switched off. */
export type RoutedLeg = LegRouting & { readonly ifIndex: number | undefined }

export type Legs<Leg> = Readonly<Record<LegName, Leg>>

export type RoutesConfig = Pick<CpeConfig, 'concentrator' | 'lan'> & {
  readonly tunnel: Pick<CpeConfig['tunnel'], 'enabled'>
}

/** Everything we want of the routing rules. */
export function wantedRules(config: RoutesConfig, legs: Legs<LegRouting>): OurRule[] {
  return FAMILIES.flatMap((family): OurRule[] => [
    ...config.lan.interfaces.map((inputInterface) => ({
      family,
      priority: PRIORITY.captured,
      inputInterface,
      mark: { value: MARK.tproxy, mask: MARK_MASK },
      table: TABLE.captured,
    })),
    ...LEGS.flatMap((leg) => legRules(config, family, leg, addressOf(legs[leg], family))),
    ...(config.tunnel.enabled ? [tunnelRule(family)] : []),
    { family, priority: PRIORITY.near, table: MAIN_TABLE, suppressPrefixLength: 0 },
    { family, priority: PRIORITY.active, table: TABLE.active },
  ])
}

function tunnelRule(family: Family): OurRule {
  const mark = { value: MARK.tunnel, mask: MARK_MASK }
  return { family, priority: PRIORITY.tunnel, mark, table: TABLE.tunnel }
}

function legRules(
  config: RoutesConfig,
  family: Family,
  leg: LegName,
  address: string | undefined,
): OurRule[] {
  const table = TABLE[leg]
  const marked: OurRule = {
    family,
    priority: PRIORITY.marked,
    mark: { value: MARK[leg], mask: MARK_MASK },
    table,
  }
  if (address === undefined) return [marked]

  const from = parsePrefix(address)
  const concentrators = config.concentrator.addresses
    .map(parsePrefix)
    .filter((to) => to !== undefined)
    .filter((to) => familyOf(to) === family)
  return [
    ...concentrators.map((to) => ({ family, priority: PRIORITY.bonded, from, to, table })),
    { family, priority: PRIORITY.from, from, table },
    marked,
  ]
}

/**
 * Everything we want of the routes. With no active leg the OS's own default routes decide. `tunnel` is the
 * number of its interface; without, what is marked as the tunnel's leaves by the active leg.
 */
export function wantedRoutes(
  active: LegName | undefined,
  legs: Legs<RoutedLeg>,
  tunnel: number | undefined,
): OurRoute[] {
  return FAMILIES.flatMap((family) => {
    const everything = family === 'ipv4' ? ALL_IPV4 : ALL_IPV6
    const wall = { to: everything, type: RouteType.unreachable, metric: METRIC.wall }
    const captured: OurRoute = {
      table: TABLE.captured,
      to: everything,
      type: RouteType.local,
      ifIndex: LOOPBACK_INDEX,
      metric: METRIC.way,
    }
    const tunnelled: OurRoute = {
      table: TABLE.tunnel,
      to: everything,
      type: RouteType.unicast,
      ifIndex: tunnel,
      metric: METRIC.way,
    }
    return [
      captured,
      ...(tunnel === undefined ? [] : [tunnelled]),
      ...LEGS.flatMap((leg) => [
        ...way(TABLE[leg], legs[leg], family),
        { ...wall, table: TABLE[leg] },
      ]),
      ...activeRoutes(active, legs, family, { ...wall, table: TABLE.active }),
    ]
  })
}

/**
 * A family that the active leg lacks goes over the other one. Where only a dead leg has it there is a
 * wall: a host that is refused at once tries the other family, one that is not answered waits.
 */
function activeRoutes(
  active: LegName | undefined,
  legs: Legs<RoutedLeg>,
  family: Family,
  wall: OurRoute,
): OurRoute[] {
  if (active === undefined) return []
  const carrier = [active, ...LEGS].find(
    (leg) => (leg === active || legs[leg].up) && hasWay(legs[leg], family),
  )
  if (carrier !== undefined) return way(TABLE.active, legs[carrier], family)
  return LEGS.some((leg) => hasWay(legs[leg], family)) ? [wall] : []
}

/** The default route over a leg, if it has one. */
function way(table: number, leg: RoutedLeg, family: Family): OurRoute[] {
  if (!hasWay(leg, family)) return []
  const gateway = family === 'ipv4' ? leg.gateway4 : leg.gateway6
  return [
    {
      table,
      to: family === 'ipv4' ? ALL_IPV4 : ALL_IPV6,
      type: RouteType.unicast,
      gateway: gateway === undefined ? undefined : parseAddress(gateway),
      ifIndex: leg.ifIndex,
      metric: METRIC.way,
    },
  ]
}

function hasWay(leg: RoutedLeg, family: Family): boolean {
  return leg.ifIndex !== undefined && addressOf(leg, family) !== undefined
}

function addressOf(leg: LegRouting, family: Family): string | undefined {
  return family === 'ipv4' ? leg.address4 : leg.address6
}

/** The steps from the rules that are to those that should be. Nothing stands twice. */
export function planRules<Rule extends OurRule>(want: readonly OurRule[], have: readonly Rule[]) {
  const wanted = new Set(want.map(ruleKey))
  const there = new Set(have.map(ruleKey))
  return {
    add: want.filter((rule) => !there.has(ruleKey(rule))),
    remove: have.filter((rule) => !wanted.has(ruleKey(rule))),
  }
}

/** The same for routes. What replaces a route takes its place at once: no packet finds none. */
export function planRoutes<Route extends OurRoute>(
  want: readonly OurRoute[],
  have: readonly Route[],
) {
  const wantedPlaces = new Set(want.map(placeKey))
  const there = new Set(have.map(routeKey))
  return {
    replace: want.filter((route) => !there.has(routeKey(route))),
    remove: have.filter((route) => !wantedPlaces.has(placeKey(route))),
  }
}

function ruleKey({ family, priority, from, to, mark, ...rule }: OurRule): string {
  return [
    family,
    priority,
    from === undefined ? '' : formatPrefix(from),
    to === undefined ? '' : formatPrefix(to),
    mark === undefined ? '' : `${mark.value}/${mark.mask}`,
    rule.inputInterface,
    rule.table,
    rule.suppressPrefixLength,
  ].join(' ')
}

function placeKey({ table, to, metric }: OurRoute): string {
  return [table, familyOf(to), formatPrefix(to), metric].join(' ')
}

function routeKey(route: OurRoute): string {
  // The kernel says that IPv6 walls stand on the loopback; we say nothing.
  const { ifIndex, gateway } = route.type === RouteType.unicast ? route : {}
  const hop = gateway === undefined ? '' : formatAddress(gateway)
  return [placeKey(route), route.type, ifIndex, hop].join(' ')
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6']
const PRIORITY = {
  captured: 8_790,
  bonded: 8_791,
  near: 8_792,
  from: 8_793,
  marked: 8_794,
  tunnel: 8_795,
  active: 8_800,
} as const
export const TABLE = {
  active: 8_800,
  dsl: 8_801,
  lte: 8_802,
  tunnel: 8_803,
  captured: 8_809,
} as const
/** The way is tried before the wall. */
const METRIC = { way: 1, wall: 2 } as const
/** Of `lo`, in every network namespace. */
const LOOPBACK_INDEX = 1
