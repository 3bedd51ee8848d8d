/**
 * Which of the LAN's packets the agent takes, and how every other flow keeps to its line: the nftables
 * table `inet hybridge`, as text. `steering/router.ts` applies it.
 *
 *   from a leg   a connection that came in over it is remembered as that leg's
 *   from inside  what belongs to a leg's connection leaves by that leg      (replies, bypassed flows)
 *   from the LAN a captured flow goes on to its worker
 *                a SYN that would leave by a leg begins one, unless it is bypassed: it waits in its worker's
 *                queue until the server has answered or a rule has sent it into the tunnel, and then
 *                what is not TCP and would leave by a leg is remembered as the tunnel's, which carries it
 *                while it stands; else the leg does, and then it is that leg's
 *   judged       goes on to the worker, or out unbonded, or is refused in the server's own words
 *   to a leg     what the inside opens is remembered as that leg's, and translated to its address
 *
 * The table stands behind the OS's own translations: what the OS redirects to itself or forwards to a
 * host of the LAN is never taken. A flow that no worker listens for goes its way as if we were not there.
 * A TCP connection whose leg has died, so that it was forgotten, ends with a reset: its server would not
 * know it under another address, and the LAN host would wait for minutes before it tried again.
 * A SYN that nobody judges, for its queue is full or its worker is gone, is captured at once (ADR 0017).
 * A server on one of the workers' own port numbers is left alone: `socket` could not tell a packet to it
 * from one to the worker.
 */
import type { CpeConfig } from '../../shared/config/cpe.ts'
import { MARK, MARK_MASK, VERDICT } from '../../shared/core/marks.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import { formatPrefix, type Prefix } from '../../shared/wire/address.ts'
import { type Family, familyOf } from '../../shared/wire/route.ts'
import { claim, has, hex, is, isNot } from './mark-words.ts'
import { tunnelRules } from './tunnel-capture.ts'

export type CaptureConfig = Pick<
  CpeConfig,
  'lan' | 'legs' | 'bypass' | 'capturePort' | 'workers' | 'tunnel'
>

/**
 * How a SYN is held: by nftables' own `queue`, by a rule that `queueRules` names and nft cannot write, or
 * not at all.
 */
export type Holding = 'nft' | 'xt' | 'none'

/** The whole table, to stand behind one of the two below. With `capture` off no new flow is taken. */
export function renderCapture(
  config: CaptureConfig,
  capture: 'on' | 'off',
  holding: Holding,
): string {
  const { legs, lan, bypass } = config
  const dsl = quoted(legs.dsl.interface)
  const lte = quoted(legs.lte.interface)
  const anyLeg = `{ ${dsl}, ${lte} }`
  const ports = portRange(config)
  const lans = `{ ${lan.interfaces.map(quoted).join(', ')} }`
  const tunnel = tunnelRules(config, lans, anyLeg)
  return `table inet ${TABLE} {
${bypassSet('bypass4', 'ipv4', bypass.prefixes)}
${bypassSet('bypass6', 'ipv6', bypass.prefixes)}
  chain prerouting {
    type filter hook prerouting priority dstnat + 1; policy accept;
    iifname ${dsl} ct direction original ${UNCLAIMED} ${claim('ct', MARK.dsl)} accept
    iifname ${lte} ct direction original ${UNCLAIMED} ${claim('ct', MARK.lte)} accept
    iifname ${anyLeg} accept
    ${has('meta')} accept
    ${is('ct', MARK.dsl)} ${claim('meta', MARK.dsl)} accept
    ${is('ct', MARK.lte)} ${claim('meta', MARK.lte)} accept
${tunnel.known}    iifname ${lans} meta l4proto tcp ct direction original goto lan
${tunnel.prerouting}  }

  chain lan {
    tcp dport ${ports} accept
    ${NOT_FIRST} socket transparent 1 ${claim('meta', MARK.tproxy)} accept
    ${NOT_FIRST} ${is('ct', MARK.tproxy)} reject with tcp reset
    ${NOT_FIRST} ct state established accept
    fib daddr type { local, broadcast, anycast, multicast } accept
    ip daddr 169.254.0.0/16 accept
    ip6 daddr fe80::/10 accept
    fib daddr oifname != ${anyLeg} accept
    ${NOT_FIRST} reject with tcp reset
    ip daddr @bypass4 accept
    ip6 daddr @bypass6 accept
    ${is('ct', MARK.tproxy)} goto capture
${capture === 'on' ? beginRules(config, holding) : ''}
  }

${tunnel.chains}${judgement(config, holding)}
  chain input {
    type filter hook input priority filter - 1; policy accept;
    tcp dport ${ports} ct direction original ${isNot('meta', MARK.tproxy)} reject with tcp reset
  }

  chain output {
    type route hook output priority mangle; policy accept;${holding === 'none' ? '' : refusalLimits(anyLeg)}
    ${has('meta')} accept
    ${is('ct', MARK.dsl)} ${claim('meta', MARK.dsl)}
    ${is('ct', MARK.lte)} ${claim('meta', MARK.lte)}
${tunnel.output}  }

  chain forwarded {
    type filter hook postrouting priority mangle; policy accept;
    oifname ${dsl} ct direction original ${UNBOUND} ${NOT_OURS} ${claim('ct', MARK.dsl)}
    oifname ${lte} ct direction original ${UNBOUND} ${NOT_OURS} ${claim('ct', MARK.lte)}
  }

  chain translate {
    type nat hook postrouting priority srcnat + 1; policy accept;
    oifname ${anyLeg} ${NOT_OURS} masquerade
${tunnel.translate}  }
}
`
}

const TABLE = 'hybridge'

/** Takes the table away, whether it is there or not. */
export const REMOVE_CAPTURE = `table inet hybridge
delete table inet hybridge
`

/** Empties the table. Its hooks stay, and so do the SYNs that are held: the kernel drops them with a hook. */
export const EMPTY_CAPTURE = `table inet hybridge
flush table inet hybridge
`

/** Where a SYN waits, and what follows. */
function judgement(config: CaptureConfig, holding: Holding): string {
  const { workers } = config
  const waiting = Array.from({ length: workers }, (_, i) => holdChain(config, i, holding))
  return `${waiting.join('\n')}

  chain judged {
    type filter hook prerouting priority dstnat + 2; policy accept;
    meta mark & ${hex(MARK_MASK)} vmap {
      ${hex(VERDICT.none)} : goto capture, ${hex(VERDICT.take)} : goto capture,
      ${hex(VERDICT.bypass)} : goto unbonded,${tunnelVerdict(config)}
      ${hex(VERDICT.reset)} : goto refuse_reset,
      ${hex(VERDICT.noRoute)} : goto refuse_no_route,
      ${hex(VERDICT.hostUnreachable)} : goto refuse_host,
      ${hex(VERDICT.portUnreachable)} : goto refuse_port,
      ${hex(VERDICT.prohibited)} : goto refuse_prohibited
    }
  }

  chain capture {
${captureRules(config)}
    ${is('ct', MARK.tproxy)} reject with tcp reset
    goto unbonded
  }

  chain unbonded {
    ${claim('meta', 0)} accept
  }

  chain refuse_reset { meta l4proto tcp reject with tcp reset; }
  chain refuse_no_route { reject with icmpx type no-route; }
  chain refuse_host { reject with icmpx type host-unreachable; }
  chain refuse_port { reject with icmpx type port-unreachable; }
  chain refuse_prohibited { reject with icmpx type admin-prohibited; }
`
}

function tunnelVerdict({ tunnel }: CaptureConfig): string {
  return tunnel.enabled ? `\n      ${hex(VERDICT.tunnel)} : goto tunnelled,` : ''
}

/** The rules that hold SYNs where nft has no word for them: each belongs at the end of its chain. */
export function queueRules({ capturePort, workers }: CaptureConfig) {
  return Array.from({ length: workers }, (_, worker) => ({
    table: TABLE,
    chain: holdName(worker),
    queue: capturePort + worker,
  }))
}

/** A connection begins: captured at once, or when it was judged. */
function beginRules(config: CaptureConfig, holding: Holding): string {
  if (holding === 'none') return '    goto capture'
  const rules = Array.from(
    { length: config.workers },
    (_, worker) => `    ${shareOf(config, worker)}goto ${holdName(worker)}`,
  )
  return [`    ${claim('meta', VERDICT.none)}`, ...rules].join('\n')
}

/** Each worker owns the queue that has the number of its port. */
function holdChain({ capturePort }: CaptureConfig, worker: number, holding: Holding): string {
  const rule = holding === 'nft' ? `queue num ${capturePort + worker} bypass; ` : ''
  return `  chain ${holdName(worker)} { ${rule}}`
}

function holdName(worker: number): string {
  return `hold_${worker}`
}

/**
 * To the flow's own worker. One that does not listen takes nothing (`tproxy` ends the rule then), and the
 * next that does has it.
 */
function captureRules(config: CaptureConfig): string {
  const workers = Array.from({ length: config.workers }, (_, worker) => worker)
  const take = (worker: number) =>
    `meta l4proto tcp tproxy to :${config.capturePort + worker} ${claim('ct', MARK.tproxy)} ${claim('meta', MARK.tproxy)} accept`
  const own = workers.map((worker) => `    ${shareOf(config, worker)}${take(worker)}`)
  const any = config.workers > 1 ? workers.map((worker) => `    ${take(worker)}`) : []
  return [...own, ...any].join('\n')
}

/** A flow has the same worker for each of its packets: its SYN is sent again while it is held. */
function shareOf({ workers }: CaptureConfig, worker: number): string {
  return workers > 1 ? `symhash mod ${workers} == ${worker} ` : ''
}

/** The kernel's own limit for these is off while refusals are ours to say (router.ts). */
function refusalLimits(anyLeg: string): string {
  const rule = (type: string) =>
    `\n    oifname ${anyLeg} ${type} type destination-unreachable limit rate over ${REFUSALS_PER_S_MAX}/second drop`
  return rule('icmp') + rule('icmpv6')
}

function bypassSet(name: string, family: Family, prefixes: readonly Prefix[]): string {
  const own = prefixes.filter((prefix) => familyOf(prefix) === family).map(formatPrefix)
  const elements = own.length === 0 ? '' : `; elements = { ${own.join(', ')} }`
  return `  set ${name} { type ${family}_addr; flags interval; auto-merge${elements}; }`
}

function portRange({ capturePort, workers }: CaptureConfig): string {
  return workers === 1 ? `${capturePort}` : `${capturePort}-${capturePort + workers - 1}`
}

/** ICMP errors of this machine towards the lines, each family. */
const REFUSALS_PER_S_MAX = 100
const UNCLAIMED = is('ct', 0)
/** Of no leg yet: one for the tunnel that leaves by a leg after all is that leg's from now on. */
const UNBOUND = `ct mark & ${hex(MARK_MASK)} { 0, ${hex(MARK.tunnel)} }`
/** Any packet of a TCP connection but its first. */
const NOT_FIRST = 'tcp flags & (fin | syn | rst | ack) != syn'
/** What this machine sends under an address of its own is where it belongs already. */
const NOT_OURS = 'fib saddr type != local'
