/**
 * Routes to the homes' IPv6 prefixes, into the interface of the tunnel's thread that has them. They go with the
 * interface, whoever deletes it.
 */
import { errnoName } from '../../shared/linux/errors.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { deleteRoute, MAIN_TABLE, type OurRoute, replaceRoute } from '../../shared/linux/routes.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import { RouteType } from '../../shared/wire/route.ts'

export class PrefixRoutes implements Disposable {
  readonly #route = new NetlinkSocket(Netlink.route)
  /** Where the interface is; 0 while there is none. */
  #ifIndex = 0

  /** The interface is there, without a route: these are what lead into it. */
  open(ifIndex: number, prefixes: Iterable<Prefix>): void {
    this.#ifIndex = ifIndex
    for (const prefix of prefixes) this.add(prefix)
  }

  add(prefix: Prefix): void {
    if (this.#ifIndex === 0) return
    const result = replaceRoute(this.#route, this.#routeTo(prefix))
    // Gone in this moment: it will be made again, and opened.
    if (result === -ENODEV || result === -ENETDOWN || result === 0) return
    throw new Error(`Cannot route the homes' prefixes: ${errnoName(result)}`)
  }

  remove(prefix: Prefix): void {
    if (this.#ifIndex !== 0) deleteRoute(this.#route, this.#routeTo(prefix))
  }

  [Symbol.dispose](): void {
    this.#route[Symbol.dispose]()
  }

  #routeTo(to: Prefix): OurRoute {
    return {
      table: MAIN_TABLE,
      to,
      type: RouteType.unicast,
      ifIndex: this.#ifIndex,
      metric: METRIC,
    }
  }
}

/** The kernel's own choice for IPv6. */
const METRIC = 1_024
const ENODEV = 19
const ENETDOWN = 100
