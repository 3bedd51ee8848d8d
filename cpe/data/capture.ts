/**
 * Which of the LAN's packets the agent takes, and how every other flow keeps to its line: the nftables
 * table `inet hybridge`, as text. `steering/router.ts` applies it.
 *
 *   from a leg   a connection that came in over it is remembered as that leg's
 *   from inside  what belongs to a leg's connection leaves by that leg      (replies, bypassed flows)
 *   from the LAN a captured flow goes on to its worker
 *                a SYN that would leave by a leg begins one, unless it is bypassed: it waits in its worker's
 *                queue until the server has answered, and then
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
import { familyOf } from '../../shared/wire/route.ts'

export type CaptureConfig = Pick<CpeConfig, 'lan' | 'legs' | 'bypass' | 'capturePort' | 'workers'>

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
  return `table inet ${TABLE} {
${bypassSet(
  'bypass4',
  'ipv4_addr',
  bypass.prefixes.filter((p) => familyOf(p) === 'ipv4'),
)}
${bypassSet(
  'bypass6',
  'ipv6_addr',
  bypass.prefixes.filter((p) => familyOf(p) === 'ipv6'),
)}
  chain prerouting {
    type filter hook prerouting priority dstnat + 1; policy accept;
    iifname ${dsl} ct direction original ${UNCLAIMED} ${claim('ct', MARK.dsl)} accept
    iifname ${lte} ct direction original ${UNCLAIMED} ${claim('ct', MARK.lte)} accept
    iifname ${anyLeg} accept
    ${has('meta')} accept
    ${is('ct', MARK.dsl)} ${claim('meta', MARK.dsl)} accept
    ${is('ct', MARK.lte)} ${claim('meta', MARK.lte)} accept
    iifname { ${lan.interfaces.map(quoted).join(', ')} } meta l4proto tcp ct direction original goto lan
  }

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

${judgement(config, holding)}
  chain input {
    type filter hook input priority filter - 1; policy accept;
    tcp dport ${ports} ct direction original ${isNot('meta', MARK.tproxy)} reject with tcp reset
  }

  chain output {
    type route hook output priority mangle; policy accept;${holding === 'none' ? '' : refusalLimits(anyLeg)}
    ${has('meta')} accept
    ${is('ct', MARK.dsl)} ${claim('meta', MARK.dsl)}
    ${is('ct', MARK.lte)} ${claim('meta', MARK.lte)}
  }

  chain forwarded {
    type filter hook postrouting priority mangle; policy accept;
    oifname ${dsl} ct direction original ${UNCLAIMED} ${NOT_OURS} ${claim('ct', MARK.dsl)}
    oifname ${lte} ct direction original ${UNCLAIMED} ${NOT_OURS} ${claim('ct', MARK.lte)}
  }

  chain translate {
    type nat hook postrouting priority srcnat + 1; policy accept;
    oifname ${anyLeg} ${NOT_OURS} masquerade
  }
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
      ${hex(VERDICT.bypass)} : goto unbonded,
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

function bypassSet(name: string, type: string, prefixes: readonly Prefix[]): string {
  const elements =
    prefixes.length === 0 ? '' : `; elements = { ${prefixes.map(formatPrefix).join(', ')} }`
  return `  set ${name} { type ${type}; flags interval; auto-merge${elements}; }`
}

function portRange({ capturePort, workers }: CaptureConfig): string {
  return workers === 1 ? `${capturePort}` : `${capturePort}-${capturePort + workers - 1}`
}

type Bearer = 'ct' | 'meta'

/** Set our bits and leave the OS's as they are. */
function claim(bearer: Bearer, mark: number): string {
  const others = hex(~MARK_MASK >>> 0)
  return `${bearer} mark set ${bearer} mark & ${others} | ${hex(mark)}`
}

function is(bearer: Bearer, mark: number): string {
  return `${bearer} mark & ${hex(MARK_MASK)} == ${hex(mark)}`
}

function isNot(bearer: Bearer, mark: number): string {
  return `${bearer} mark & ${hex(MARK_MASK)} != ${hex(mark)}`
}

function has(bearer: Bearer): string {
  return isNot(bearer, 0)
}

function hex(mark: number): string {
  return `0x${mark.toString(16).padStart(8, '0')}`
}

/** ICMP errors of this machine towards the lines, each family. */
const REFUSALS_PER_S_MAX = 100
const UNCLAIMED = is('ct', 0)
/** Any packet of a TCP connection but its first. */
const NOT_FIRST = 'tcp flags & (fin | syn | rst | ack) != syn'
/** What this machine sends under an address of its own is where it belongs already. */
const NOT_OURS = 'fib saddr type != local'
