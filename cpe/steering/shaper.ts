/**
 * The home's side of shaping: what leaves by a line waits here, where small and urgent packets can pass
 * it, and not in the modem, where nothing can (ADR 0021).
 *
 *    DSL   a little under its capacity, so that the modem's queue stays empty
 *    LTE   at most what the operator allows
 *
 * A line whose rate is not configured is left alone. Interfaces come and go (PPP makes a new one at each
 * dial-in), so every second we look whether ours is still there.
 */
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { BULK_CLASS, SHAPER, STRICT_CLASS, shapedLine } from '../../shared/core/shaping.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import { type LineShaping, Shaper } from '../../shared/linux/shaper.ts'
import { formatHandle } from '../../shared/wire/tc.ts'

export type ShaperConfig = Pick<CpeConfig, 'concentrator' | 'legs' | 'shaping' | 'stateDirectory'>

/** What steering may ask of the queues of the house. */
export interface HouseShaper extends AsyncDisposable {
  /** What leaves by LTE has so much at most, beside its cap; undefined: no longer. */
  throttleLte(mbps: number | undefined): void
  /** How many bytes wait to leave by DSL; undefined where that is not shaped. */
  waitingUp(dslIfIndex: number): number | undefined
}

/**
 * Everything stands when this resolves; disposing leaves the interfaces as they were found. What the
 * kernel refuses goes to `complain` as a sentence, once until it is another: the house goes on unshaped.
 */
export async function openShaper(
  config: ShaperConfig,
  complain: (sentence: string) => void,
): Promise<HouseShaper> {
  await using undo = new AsyncDisposableStack()
  const { concentrator, stateDirectory } = config
  const lines = linesOf(config, undefined)
  const rulesetOf = (shaped: Shaped) => renderShaping([...shaped.keys()], concentrator.port)
  let ruleset = rulesetOf(lines)
  const kept = undo.use(
    await keepRuleset(join(stateDirectory, RULESET_FILE), REMOVE_SHAPING, ruleset),
  )
  const shaper = undo.use(new Shaper(join(stateDirectory, QDISCS_FILE), SHAPER, complain))
  shaper.keep(lines, complain)
  const dslShaped = lines.has(config.legs.dsl.interface)
  const standing = undo.move()
  return {
    throttleLte(mbps) {
      const next = linesOf(config, mbps)
      shaper.keep(next, complain)
      // Whether LTE is among the lines may be known only now: a policy comes while the house runs.
      const before = ruleset
      ruleset = rulesetOf(next)
      if (ruleset === before) return
      kept.replace(ruleset).catch((error: Error) => complain(error.message))
    },
    waitingUp: (ifIndex) => (dslShaped ? shaper.waiting(ifIndex, BULK_CLASS) : undefined),
    [Symbol.asyncDispose]: () => standing.disposeAsync(),
  }
}

/** By interface. */
type Shaped = ReadonlyMap<string, LineShaping>

function linesOf({ legs, shaping }: ShaperConfig, throttleMbps: number | undefined): Shaped {
  const lines = new Map<string, LineShaping>()
  const shapeAt = (name: string, mbps: number | undefined): void => {
    if (mbps === undefined) return
    lines.set(name, { defaultClass: BULK_CLASS, classes: shapedLine(mbps) })
  }
  const { upMbps } = legs.dsl
  shapeAt(legs.dsl.interface, upMbps === undefined ? undefined : upMbps * shaping.dslShare)
  const caps = [legs.lte.capUpMbps, throttleMbps].filter((mbps) => mbps !== undefined)
  if (caps.length > 0) shapeAt(legs.lte.interface, Math.min(...caps))
  return lines
}

/**
 * Which packets go first: what says so itself (EF, AF4x, CS5 and above; RFC 4594 section 2.3), names, pings
 * and probes, and of TCP what carries next to nothing: acknowledgements and handshakes.
 */
export function renderShaping(
  interfaces: readonly string[],
  probePort: number,
): string | undefined {
  if (interfaces.length === 0) return undefined
  const first = `meta priority set ${formatHandle(STRICT_CLASS)} accept`
  return `${REMOVE_SHAPING}table inet hybridge_shaping {
  chain leaving {
    type filter hook postrouting priority mangle + 1; policy accept;
    oifname { ${interfaces.map(quoted).join(', ')} } jump urgent
  }

  chain urgent {
    ip dscp ${URGENT_DSCP} ${first}
    ip6 dscp ${URGENT_DSCP} ${first}
    meta length > ${SPARSE_BYTES_MAX} return
    meta l4proto { icmp, ipv6-icmp } ${first}
    udp dport { 53, ${probePort} } ${first}
    tcp dport 53 ${first}
    meta l4proto tcp meta length <= ${TCP_ACK_BYTES_MAX} ${first}
  }
}
`
}

const REMOVE_SHAPING = `table inet hybridge_shaping
delete table inet hybridge_shaping
`

const URGENT_DSCP = '{ ef, 0x2c, af41, af42, af43, cs5, cs6, cs7 }'
/** A name's question or answer fits, and so does a ping; not one that is made to fill a line. */
const SPARSE_BYTES_MAX = 512
/** IPv6, TCP, timestamps, three SACK blocks or MPTCP's data acknowledgement. */
const TCP_ACK_BYTES_MAX = 120
/** In the state directory. */
const QDISCS_FILE = 'cpe-qdiscs.json'
const RULESET_FILE = 'cpe-shaping.nft'
