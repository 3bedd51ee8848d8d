/**
 * While LTE may carry nothing, what the LAN sends does not leave by it either, wherever the OS's own routes lead;
 * nor does what still stands on it to the concentrator: a connection that has no other line keeps its subflow, and
 * waits.
 *
 * The router's own programs (its resolver, its clock) are the OS's: what they send is not stopped here.
 */
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import { formatAddress, isIpv4, knownAddress } from '../../shared/wire/address.ts'

export interface LteBar extends AsyncDisposable {
  /** Stop it, or let it go. What the kernel refuses becomes a complaint. */
  set(on: boolean): void
}

/** Nothing is barred when this resolves, whatever a daemon before us has left. */
export async function openLteBar(
  {
    concentrator,
    legs,
    stateDirectory,
  }: Pick<CpeConfig, 'concentrator' | 'legs' | 'stateDirectory'>,
  complain: (sentence: string) => void,
): Promise<LteBar> {
  const kept = await keepRuleset(join(stateDirectory, RULESET_FILE), REMOVE_BAR, undefined)
  const bar = renderBar(legs.lte.interface, concentrator.addresses)
  return {
    set(on) {
      kept.replace(on ? bar : undefined).catch((error: Error) => complain(error.message))
    },
    [Symbol.asyncDispose]: () => kept[Symbol.asyncDispose](),
  }
}

export function renderBar(lte: string, concentrators: readonly string[]): string {
  const drops = concentrators.map((text) => {
    const address = knownAddress(text)
    const to = `${isIpv4(address) ? 'ip' : 'ip6'} daddr ${formatAddress(address)}`
    return `    oifname ${quoted(lte)} ${to} counter drop\n`
  })
  return `${REMOVE_BAR}table inet hybridge_bar {
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
    oifname ${quoted(lte)} counter reject with icmpx admin-prohibited
  }

  chain output {
    type filter hook output priority filter - 1; policy accept;
${drops.join('')}  }
}
`
}

const REMOVE_BAR = `table inet hybridge_bar
delete table inet hybridge_bar
`
/** In the state directory. */
const RULESET_FILE = 'cpe-bar.nft'
