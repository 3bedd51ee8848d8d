/**
 * Network interfaces of this namespace, and what they have carried.
 */

import {
  decodeCounters,
  decodeLink,
  encodeCountersQuery,
  encodeLinkQuery,
  encodeLinksQuery,
  type Link,
  type LinkCounters,
  RTM_GETLINK,
  RTM_GETSTATS,
} from '../wire/rtnetlink.ts'
import type { NetlinkSocket } from './netlink.ts'

/** The interface of that name; undefined when there is none. `route` is a `Netlink.route` socket. */
export function readLink(route: NetlinkSocket, name: string): Link | undefined {
  let link: Link | undefined
  route.ask(RTM_GETLINK, 0, encodeLinkQuery(name), (body) => {
    link = decodeLink(body)
  })
  return link
}

/** All interfaces of the namespace. */
export function readLinks(route: NetlinkSocket): Link[] {
  return route.list(RTM_GETLINK, encodeLinksQuery(), decodeLink)
}

/** Counters of one interface, for every sample of steering; undefined when it is gone. */
export function readCounters(route: NetlinkSocket, index: number): LinkCounters | undefined {
  let counters: LinkCounters | undefined
  route.ask(RTM_GETSTATS, 0, encodeCountersQuery(index), (body) => {
    counters = decodeCounters(body)
  })
  return counters
}
