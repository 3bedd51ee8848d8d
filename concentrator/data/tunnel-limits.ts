/**
 * How many flows of one home the kernel translates at a time: the nftables table `inet hybridge_tunnel_limits`.
 *
 *   a home's new flow ──▶ has it `tunnel.flowsMax` already? ──no──▶ on
 *                                       └─yes─▶ refused, and the home stands in `full4` or `full6` for a minute
 *
 * A table of its own: that of the homes (tunnel-nat.ts) is rendered anew when one comes or goes, and would
 * forget what it has counted.
 */
import { join } from 'node:path'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { addressesIn } from '../../shared/linux/named-sets.ts'
import { Netlink, NetlinkSocket } from '../../shared/linux/netlink.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import { formatAddress, formatPrefix } from '../../shared/wire/address.ts'
import { HOMES_MAX } from '../subscribers/homes.ts'

export function renderLimits(
  tunnel: Pick<ConcentratorConfig['tunnel'], 'flowsMax' | 'homeBits6' | 'interface' | 'pool6'>,
): string {
  const { pool6, homeBits6, flowsMax } = tunnel
  const family = (version: 4 | 6, source: string, where = '') =>
    `    ${where}add @flows${version} { ${source} ct count over ${flowsMax} } ` +
    `add @full${version} { ${source} } ${REFUSE}\n`
  // All hosts of a home's prefix count together.
  const mask = formatAddress(prefixMask(homeBits6))
  const pool = pool6 && `ip6 saddr ${formatPrefix(pool6)} `
  const ofPool =
    pool === undefined ? '' : `${family(6, `ip6 saddr & ${mask}`, pool)}    ${pool}return\n`
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
${family(4, 'ip saddr')}${ofPool}${family(6, 'ip6 saddr')}  }

${chain('forward')}
${chain('input')}}
`
}

/** The table stands while the tunnel is wanted; what a killed concentrator left is gone where it is not. */
export function keepLimits({
  stateDirectory,
  tunnel,
}: Pick<ConcentratorConfig, 'stateDirectory' | 'tunnel'>): Promise<AsyncDisposable> {
  const file = join(stateDirectory, 'concentrator-tunnel-limits.nft')
  return keepRuleset(file, REMOVE_LIMITS, tunnel.enabled ? renderLimits(tunnel) : undefined)
}

const REMOVE_LIMITS = `table inet hybridge_tunnel_limits
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

/** So many ones. */
function prefixMask(bits: number): Uint8Array {
  return Uint8Array.from(
    { length: 16 },
    (_, i) => 0xff & ~(0xff >> Math.max(0, Math.min(8, bits - 8 * i))),
  )
}

const TABLE = 'hybridge_tunnel_limits'
const REFUSE = 'reject with icmpx type admin-prohibited'
const LOOK_MS = 5_000
