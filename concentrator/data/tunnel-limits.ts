/**
 * How many flows of one home the kernel translates at a time: the nftables table `inet hybridge_tunnel_limits`.
 *
 *   a home's new flow ──▶ has it `tunnel.flowsMax` already? ──no──▶ on
 *                                       └─yes─▶ refused, and the home stands in `full4` or `full6` for a minute
 *
 * A table of its own: that of the homes (tunnel-nat.ts) is rendered anew when one comes or goes, and would
 * forget what it has counted.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { addressesIn } from '../../shared/linux/named-sets.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import { HOMES_MAX } from '../subscribers/homes.ts'

export function renderLimits(
  tunnel: Pick<ConcentratorConfig['tunnel'], 'flowsMax' | 'interface'>,
): string {
  const family = (version: 4 | 6, source: string) =>
    `    add @flows${version} { ${source} ct count over ${tunnel.flowsMax} } ` +
    `add @full${version} { ${source} } ${REFUSE}\n`
  const chain = (hook: 'forward' | 'input') => `  chain ${hook} {
    type filter hook ${hook} priority filter - 1; policy accept;
    iifname ${quoted(tunnel.interface)} ct state new jump count
  }
`
  return `${REMOVE_LIMITS}table inet ${TABLE} {
  set flows4 { type ipv4_addr; size ${HOMES_MAX}; flags dynamic; }
  set flows6 { type ipv6_addr; size ${HOMES_MAX}; flags dynamic; }
  set full4 { type ipv4_addr; size ${HOMES_MAX}; flags dynamic, timeout; timeout 1m; }
  set full6 { type ipv6_addr; size ${HOMES_MAX}; flags dynamic, timeout; timeout 1m; }

  chain count {
${family(4, 'ip saddr')}${family(6, 'ip6 saddr')}  }

${chain('forward')}
${chain('input')}}
`
}

/** Takes the table away, whether it is there or not. */
export const REMOVE_LIMITS = `table inet hybridge_tunnel_limits
delete table inet hybridge_tunnel_limits
`

/** Who has been refused a flow within the last minute, said once until it has had a minute without. */
export class FullHomes {
  readonly #numberOf: (inner: Uint8Array) => number | undefined
  readonly #tell: (number: number) => void
  #full = new Set<number>()

  /** `numberOf` says which home an address inside the tunnel is. */
  constructor(numberOf: (inner: Uint8Array) => number | undefined, tell: (number: number) => void) {
    this.#numberOf = numberOf
    this.#tell = tell
  }

  look(inners: readonly Uint8Array[]): void {
    const full = new Set<number>()
    for (const inner of inners) {
      const number = this.#numberOf(inner)
      if (number === undefined || full.has(number)) continue
      full.add(number)
      if (!this.#full.has(number)) this.#tell(number)
    }
    this.#full = full
  }
}

/** Look every few seconds, until disposed of. */
export function watchFullHomes(full: FullHomes): Disposable {
  const netfilter = new NetlinkSocket(Netlink.netfilter)
  const timer = setInterval(() => {
    full.look(['full4', 'full6'].flatMap((set) => addressesIn(netfilter, TABLE, set)))
  }, LOOK_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      netfilter[Symbol.dispose]()
    },
  }
}

const TABLE = 'hybridge_tunnel_limits'
const REFUSE = 'reject with icmpx type admin-prohibited'
const LOOK_MS = 5_000
