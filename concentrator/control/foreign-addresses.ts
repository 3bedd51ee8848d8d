/**
 * Addresses of the pool that this host does not take for its own: connections leave from there, and no
 * answer ever comes in. Said at start, and no more, for an interface may come up later.
 */
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { localPrefixes } from '../../shared/linux/routes.ts'
import { knownAddress, prefixContains } from '../../shared/wire/address.ts'
import { log } from './log.ts'

export function reportForeignAddresses(pool: readonly string[]): void {
  if (pool.length === 0) return
  using route = new NetlinkSocket(Netlink.route)
  const own = localPrefixes(route)
  for (const address of pool) {
    const bytes = knownAddress(address)
    if (own.some((prefix) => prefixContains(prefix, bytes))) continue
    log.warn('egress address is not ours', {
      address,
      help: `put it on an interface, or run \`ip route add local ${address} dev lo\``,
    })
  }
}
