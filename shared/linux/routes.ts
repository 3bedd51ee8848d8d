/**
 * Routes: the OS's default routes are read, ours are written into tables of our own.
 *
 * Ours carry protocol 88, so that what a crash left behind is found again, and nothing else is ever
 * touched. Calls answer 0 or `-errno`.
 */
import type { Prefix } from '../wire/address.ts'
import { FLAG_CREATE, FLAG_EXCLUSIVE, FLAG_REPLACE } from '../wire/netlink.ts'
import {
  decodeRoute,
  encodeRoute,
  encodeRoutesQuery,
  type Route,
  RouteType,
} from '../wire/route.ts'
import { RTM_DELROUTE, RTM_GETROUTE, RTM_NEWROUTE } from '../wire/rtnetlink.ts'
import type { NetlinkSocket } from './netlink.ts'

/** What we want to be there: the protocol is always ours. */
export type OurRoute = Omit<Route, 'protocol'>

/** The OS's default routes on that interface, both families, the best of each family first. */
export function defaultRoutes(route: NetlinkSocket, ifIndex: number): Route[] {
  return listRoutes(route, { table: MAIN_TABLE, ifIndex })
    .filter((found) => found.ifIndex === ifIndex && found.table === MAIN_TABLE)
    .filter((found) => found.type === RouteType.unicast && isDefault(found))
    .sort((a, b) => a.metric - b.metric)
}

/** What this machine takes for its own, both families: its addresses, and prefixes routed to itself. */
export function localPrefixes(route: NetlinkSocket): Prefix[] {
  return listRoutes(route, { table: LOCAL_TABLE })
    .filter(({ table, type }) => table === LOCAL_TABLE && type === RouteType.local)
    .map(({ to }) => to)
}

/** -EEXIST when there is one to the same destinations with the same metric. */
export function addRoute(route: NetlinkSocket, ours: OurRoute): number {
  return write(route, RTM_NEWROUTE, FLAG_CREATE | FLAG_EXCLUSIVE, ours)
}

/** Add it, or put it in the place of one to the same destinations with the same metric. */
export function replaceRoute(route: NetlinkSocket, ours: OurRoute): number {
  return write(route, RTM_NEWROUTE, FLAG_CREATE | FLAG_REPLACE, ours)
}

/** -ESRCH when there is none like it. */
export function deleteRoute(route: NetlinkSocket, ours: OurRoute): number {
  return write(route, RTM_DELROUTE, 0, ours)
}

/** Every route of ours, in whatever table, whoever of us set it. */
export function ourRoutes(route: NetlinkSocket): Route[] {
  return listRoutes(route, { protocol: OUR_PROTOCOL }).filter(
    (found) => found.protocol === OUR_PROTOCOL,
  )
}

/** At start after a crash, and at the end. Answers how many there were. */
export function deleteOurRoutes(route: NetlinkSocket): number {
  const found = ourRoutes(route)
  for (const ours of found) deleteRoute(route, ours)
  return found.length
}

/** Both families. A table that nobody has used yet is an empty one. */
function listRoutes(
  route: NetlinkSocket,
  filter: Parameters<typeof encodeRoutesQuery>[1],
): Route[] {
  return (['ipv4', 'ipv6'] as const).flatMap((family) =>
    route.list(RTM_GETROUTE, encodeRoutesQuery(family, filter), decodeRoute),
  )
}

function write(route: NetlinkSocket, type: number, flags: number, ours: OurRoute): number {
  return route.ask(type, flags, encodeRoute({ ...ours, protocol: OUR_PROTOCOL }))
}

function isDefault({ to }: Route): boolean {
  return to.bits === 0 || (to.bits === 96 && to.address[11] === 0xff)
}

/** The routing protocol number of our routes and rules; /etc/iproute2 knows no other 88. */
export const OUR_PROTOCOL = 88
/** The kernel's own. */
const LOCAL_TABLE = 255
/** The table of the OS. */
export const MAIN_TABLE = 254
