/**
 * rtnetlink about routes.
 *
 *    0                   1                   2                   3
 *   +---------------+---------------+---------------+---------------+
 *   |    Family     | dst length    | src length    |      TOS      |  struct rtmsg
 *   +---------------+---------------+---------------+---------------+
 *   |    Table      |   Protocol    |     Scope     |     Type      |
 *   +---------------+---------------+---------------+---------------+
 *   |                             Flags                             |
 *   +---------------------------------------------------------------+
 *
 * A table above 255 stands in the attribute RTA_TABLE. (include/uapi/linux/rtnetlink.h)
 */
import type { Prefix } from './address.ts'
import { isIpv4 } from './address.ts'
import { type Attribute, decodeAttributes, encodeBody, number, u32, viewOf } from './netlink.ts'
import { MAPPED_BITS, mapped } from './rtnetlink.ts'

export type Family = 'ipv4' | 'ipv6'

export interface Route {
  readonly table: number
  /** The destinations. `::ffff:0:0/96` is all of IPv4, `::/0` all of IPv6: so it tells the family. */
  readonly to: Prefix
  readonly type: RouteType
  /** 16 bytes; absent where the destinations are on the link itself. */
  readonly gateway?: Uint8Array | undefined
  /** The interface; absent for routes that lead nowhere. */
  readonly ifIndex?: number | undefined
  /** Lower wins. 0 lets the kernel choose: 0 for IPv4, 1,024 for IPv6. */
  readonly metric: number
  /** Who set it; 88 is us. */
  readonly protocol: number
}

/** What happens to a packet that takes the route. `local` hands it to this machine. */
export const RouteType = { unicast: 1, local: 2, blackhole: 6, unreachable: 7 } as const
export type RouteType = (typeof RouteType)[keyof typeof RouteType]

/** The body of RTM_NEWROUTE or RTM_DELROUTE. */
export function encodeRoute(route: Route): Uint8Array {
  const family = familyOf(route.to)
  const width = family === 'ipv4' ? 12 : 0
  const bits = route.to.bits - (family === 'ipv4' ? MAPPED_BITS : 0)

  const attributes: Attribute[] = [[RTA_TABLE, u32(route.table)]]
  if (bits > 0) attributes.push([RTA_DST, route.to.address.subarray(width)])
  if (route.gateway !== undefined) attributes.push([RTA_GATEWAY, route.gateway.subarray(width)])
  if (route.ifIndex !== undefined) attributes.push([RTA_OIF, u32(route.ifIndex)])
  if (route.metric > 0) attributes.push([RTA_PRIORITY, u32(route.metric)])

  const header = routeHeader(family)
  header[1] = bits
  header[5] = route.protocol
  header[6] = scopeOf(route)
  header[7] = route.type
  // Whether the gateway lies in one of the interface's subnets is the OS's affair: on LTE it often
  // does not.
  if (route.gateway !== undefined) viewOf(header).setUint32(8, RTNH_F_ONLINK, true)
  return encodeBody(header, attributes)
}

/**
 * RTM_GETROUTE (a dump) of one family. On a strict socket the kernel leaves out what has another
 * table, interface or protocol than asked for here.
 */
export function encodeRoutesQuery(
  family: Family,
  filter: { readonly table?: number; readonly ifIndex?: number; readonly protocol?: number },
): Uint8Array {
  const attributes: Attribute[] = []
  if (filter.table !== undefined) attributes.push([RTA_TABLE, u32(filter.table)])
  if (filter.ifIndex !== undefined) attributes.push([RTA_OIF, u32(filter.ifIndex)])
  const header = routeHeader(family)
  header[5] = filter.protocol ?? 0
  return encodeBody(header, attributes)
}

/** The body of RTM_NEWROUTE or RTM_DELROUTE; undefined for a family or a type that is not ours. */
export function decodeRoute(body: Uint8Array): Route | undefined {
  if (body.length < ROUTE_BYTES) return undefined
  const family = body[0]
  const type = ROUTE_TYPES.get(body[7] ?? 0)
  if (type === undefined || (family !== AF_INET && family !== AF_INET6)) return undefined
  const attributes = decodeAttributes(body, ROUTE_BYTES)
  // A copy or a cached answer for one destination is not a route anybody set.
  if ((viewOf(body).getUint32(8, true) & RTM_F_CLONED) !== 0) return undefined

  const everything = family === AF_INET ? ALL_IPV4 : ALL_IPV6
  return {
    table: number(attributes.get(RTA_TABLE)) ?? body[4] ?? 0,
    to: {
      address: mapped(attributes.get(RTA_DST)) ?? everything.address,
      bits: (body[1] ?? 0) + everything.bits,
    },
    type,
    gateway: mapped(attributes.get(RTA_GATEWAY)),
    ifIndex: number(attributes.get(RTA_OIF)),
    metric: number(attributes.get(RTA_PRIORITY)) ?? 0,
    protocol: body[5] ?? 0,
  }
}

/** All of IPv4 and all of IPv6: the default routes' destinations. */
export const ALL_IPV4: Prefix = {
  address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0),
  bits: MAPPED_BITS,
}
export const ALL_IPV6: Prefix = { address: new Uint8Array(16), bits: 0 }

/** The family of a prefix in the mapped space. */
export function familyOf(prefix: Prefix): Family {
  return prefix.bits >= MAPPED_BITS && isIpv4(prefix.address) ? 'ipv4' : 'ipv6'
}

function routeHeader(family: Family): Uint8Array {
  const header = new Uint8Array(ROUTE_BYTES)
  header[0] = family === 'ipv4' ? AF_INET : AF_INET6
  return header
}

function scopeOf(route: Route): number {
  if (route.type === RouteType.local) return RT_SCOPE_HOST
  return route.type === RouteType.unicast && route.gateway === undefined
    ? RT_SCOPE_LINK
    : RT_SCOPE_UNIVERSE
}

export const AF_INET = 2
export const AF_INET6 = 10

const ROUTE_TYPES = new Map<number, RouteType>(Object.values(RouteType).map((t) => [t, t]))
const ROUTE_BYTES = 12
const RTA_DST = 1
const RTA_OIF = 4
const RTA_GATEWAY = 5
const RTA_PRIORITY = 6
const RTA_TABLE = 15
const RTNH_F_ONLINK = 4
const RTM_F_CLONED = 0x200
const RT_SCOPE_UNIVERSE = 0
const RT_SCOPE_LINK = 253
const RT_SCOPE_HOST = 254
