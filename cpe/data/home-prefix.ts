/**
 * The home's own IPv6 prefix in the tunnel: hosts of the LAN appear in the Internet under it, each under an
 * address of its own, by whichever line their packets go.
 *
 *    2001:db8:1::10 (a host, as the LAN knows it) ──▶ 2001:db8:f00:7::10 (the same in the home's prefix)
 *
 * A prefix for a prefix (RFC 6296), by connection tracking: so answers find back, and nobody outside begins
 * anything. The concentrator says which prefix; one that says none gets all hosts under one address.
 */
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { quoted } from '../../shared/linux/nftables.ts'

export interface HomePrefix extends AsyncDisposable {
  /** From now on the home has this prefix, as text, or (undefined) none. Rejects with a sentence. */
  use(prefix: string | undefined): Promise<void>
}

/** What a killed agent left is gone when this resolves. */
export async function keepPrefix(
  config: Pick<CpeConfig, 'stateDirectory' | 'tunnel'>,
): Promise<HomePrefix> {
  const file = join(config.stateDirectory, 'cpe-prefix.nft')
  const kept = await keepRuleset(file, REMOVE_PREFIX, undefined)
  let used: string | undefined
  return {
    async use(prefix) {
      if (prefix === used) return
      used = prefix
      await kept.replace(prefix && renderPrefix(config.tunnel.interface, prefix))
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

/** Before the table that gives all hosts one address: the first translation of a flow is the only one. */
export function renderPrefix(device: string, prefix: string): string {
  return `${REMOVE_PREFIX}table inet hybridge_prefix {
  chain translate {
    type nat hook postrouting priority srcnat; policy accept;
    oifname ${quoted(device)} meta nfproto ipv6 fib saddr type != local snat ip6 prefix to ${prefix}
  }
}
`
}

const REMOVE_PREFIX = `table inet hybridge_prefix
delete table inet hybridge_prefix
`
