/**
 * The interfaces of this machine, as far as it tells which line of the home each is (core/house-lines.ts).
 */
import { readFileSync } from 'node:fs'
import { networkInterfaces } from 'node:os'
import type { SeenInterface } from '../../shared/core/house-lines.ts'
import { readLinks } from '../../shared/linux/links.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { defaultRoutes } from '../../shared/linux/routes.ts'

export function seenInterfaces(): SeenInterface[] {
  using route = new NetlinkSocket(Netlink.route)
  const addresses = networkInterfaces()
  return readLinks(route)
    .filter(({ name }) => name !== 'lo')
    .map(({ name, index }) => ({
      name,
      isModem: /^DEVTYPE=wwan$/m.test(textOf(`/sys/class/net/${name}/uevent`)) || MODEM.test(name),
      isEthernet: textOf(`/sys/class/net/${name}/type`).trim() === ARPHRD_ETHER,
      isPrivate: (addresses[name] ?? []).some(({ address }) => PRIVATE.test(address)),
      // The OS's own, the one that it prefers first.
      metric: defaultRoutes(route, index)[0]?.metric,
    }))
}

/** Nothing where it has gone meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

const MODEM = /^(wwan|rmnet)/
const ARPHRD_ETHER = '1'
/** RFC 1918, RFC 4193. */
const PRIVATE = /^(10\.|172\.(1[6-9]|2\d|3[01])\.|192\.168\.|f[cd][0-9a-f]{2}:)/i
