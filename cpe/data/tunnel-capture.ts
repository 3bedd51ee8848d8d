/**
 * Which of the LAN's flows are the datagram tunnel's: what is not TCP, begins now and would leave by a leg,
 * with the exceptions of every capture; and of TCP what a rule sends there, when its SYN was judged. Whether the tunnel stands is not asked here: its route says so
 * (steering/routes.ts), and where there is none the active leg carries the flow as if we were not there.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { MARK } from '../../shared/core/marks.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import { claim, is } from './mark-words.ts'

/** Rules for three chains of the table, and chains of their own. */
export interface TunnelRules {
  /** Before the TCP of the LAN is looked at: some of it is the tunnel's. */
  readonly known: string
  readonly prerouting: string
  readonly chains: string
  readonly output: string
  readonly translate: string
}

export function tunnelRules(
  { tunnel }: Pick<CpeConfig, 'tunnel'>,
  lans: string,
  anyLeg: string,
): TunnelRules {
  if (!tunnel.enabled) return NO_TUNNEL
  const device = quoted(tunnel.interface)
  const follow = `${is('ct', MARK.tunnel)} ${claim('meta', MARK.tunnel)}`
  return {
    known: `    iifname ${device} ct direction original ${UNCLAIMED} ${claim('ct', MARK.tunnel)} accept
    iifname ${device} accept
    ${follow} accept
`,
    prerouting: `    iifname ${lans} meta l4proto != tcp ct state new ${UNCLAIMED} goto datagrams
`,
    chains: `  chain datagrams {
    fib daddr type { local, broadcast, anycast, multicast } accept
    ip daddr 169.254.0.0/16 accept
    ip6 daddr fe80::/10 accept
    fib daddr oifname != ${anyLeg} accept
    ip daddr @bypass4 accept
    ip6 daddr @bypass6 accept
    goto tunnelled
  }

  chain tunnelled {
    ${claim('ct', MARK.tunnel)}
    ${claim('meta', MARK.tunnel)} accept
  }

`,
    output: `    ${follow}
`,
    translate: `    oifname ${device} ${NOT_OURS} masquerade
`,
  }
}

const NO_TUNNEL: TunnelRules = { known: '', prerouting: '', chains: '', output: '', translate: '' }

const UNCLAIMED = is('ct', 0)
/** What this machine sends under an address of its own is where it belongs already. */
const NOT_OURS = 'fib saddr type != local'
