/**
 * While LTE may carry nothing, what the LAN sends does not leave by it either, wherever the OS's own routes lead.
 *
 * The router's own programs (its resolver, its clock) are the OS's: what they send is not stopped here.
 */
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { keepRuleset } from '../../shared/linux/kept-ruleset.ts'
import { applyRuleset, quoted } from '../../shared/linux/nftables.ts'

export interface LteBar extends AsyncDisposable {
  /** Stop it, or let it go. What the kernel refuses becomes a complaint. */
  set(on: boolean): void
}

/** Nothing is barred when this resolves, whatever a daemon before us has left. */
export async function openLteBar(
  { legs, stateDirectory }: Pick<CpeConfig, 'legs' | 'stateDirectory'>,
  complain: (sentence: string) => void,
): Promise<LteBar> {
  const file = join(stateDirectory, RULESET_FILE)
  const kept = await keepRuleset(file, REMOVE_BAR, undefined)
  let done = Promise.resolve()
  return {
    set(on) {
      const ruleset = on ? renderBar(legs.lte.interface) : REMOVE_BAR
      done = done
        .then(() => applyRuleset(ruleset, file))
        .catch((error: Error) => complain(error.message))
    },
    async [Symbol.asyncDispose]() {
      await done
      await kept[Symbol.asyncDispose]()
    },
  }
}

function renderBar(lte: string): string {
  return `${REMOVE_BAR}table inet hybridge_bar {
  chain forward {
    type filter hook forward priority filter - 1; policy accept;
    oifname ${quoted(lte)} counter reject with icmpx admin-prohibited
  }
}
`
}

const REMOVE_BAR = `table inet hybridge_bar
delete table inet hybridge_bar
`
/** In the state directory. */
const RULESET_FILE = 'cpe-bar.nft'
