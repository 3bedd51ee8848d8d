/**
 * What becomes of the homes' packets between the tunnel and the Internet: the nftables table
 * `inet hybridge_tunnel`, as text.
 *
 *   from a home  to where it may (the same lists as for its connections), and never to us
 *   translated   to the home's own address of the pool, the same as its connections have (paired, RFC 4787)
 *   to a home    answers alone: nobody out there begins anything
 *
 * Packets come out of the interface with the source that their session has (data/street-tunnel.ts).
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import type { AclRule } from '../../shared/core/admission.ts'
import { quoted } from '../../shared/linux/nftables.ts'
import {
  formatAddress,
  formatPrefix,
  type Prefix,
  prefixContains,
} from '../../shared/wire/address.ts'
import { addressIn } from '../../shared/wire/inner-address.ts'
import { familyOf } from '../../shared/wire/route.ts'
import { readUint32 } from '../../shared/wire/tunnel.ts'

export interface NatHome {
  /** Its number, from 0. */
  readonly number: number
  /** What it has of the egress pool; 16 bytes. */
  readonly egress4: Uint8Array | undefined
  readonly egress6: Uint8Array | undefined
  /** Its own of the pool, from which it leaves as it is. */
  readonly own6: Prefix | undefined
  readonly acl: { readonly allow: readonly AclRule[]; readonly deny: readonly AclRule[] }
}

export interface NatConfig {
  readonly tunnel: Pick<ConcentratorConfig['tunnel'], 'interface' | 'prefix4' | 'prefix6' | 'pool6'>
  readonly acl: { readonly allow: readonly AclRule[]; readonly deny: readonly AclRule[] }
  /** Whether this host forwarded before us. Where it did not, it forwards nothing else now. */
  readonly forwards: Readonly<Record<'ipv4' | 'ipv6', boolean>>
}

/** The whole table. */
export function renderNat({ tunnel, acl, forwards }: NatConfig, homes: readonly NatHome[]): string {
  const device = quoted(tunnel.interface)
  const from4 = `ip saddr ${formatPrefix(tunnel.prefix4)}`
  const from6 = `ip6 saddr ${formatPrefix(tunnel.prefix6)}`
  const listed = homes.filter(({ acl: own }) => own.allow.length + own.deny.length > 0)
  return `table inet ${TABLE}
delete table inet ${TABLE}
table inet ${TABLE} {
  map egress4 { type ipv4_addr : ipv4_addr; ${elements(tunnel.prefix4, homes, ({ egress4 }) => egress4)}}
  map egress6 { type ipv6_addr : ipv6_addr; ${elements(tunnel.prefix6, homes, ({ egress6 }) => egress6)}}
${listed.map(ownChains).join('')}  map own4 { type ipv4_addr : verdict; ${verdicts(tunnel.prefix4, listed)}}
  map own6 { type ipv6_addr : verdict; flags interval; ${verdicts(tunnel.prefix6, listed)}}

  chain forward {
    type filter hook forward priority filter; policy accept;
    iifname ${device} goto from_homes
    oifname ${device} ct state { established, related } accept
    oifname ${device} drop
${tunnel.pool6 === undefined ? '' : `    ip6 daddr ${formatPrefix(tunnel.pool6)} ${NOBODY}\n`}${forwards.ipv4 ? '' : '    meta nfproto ipv4 drop\n'}${forwards.ipv6 ? '' : '    meta nfproto ipv6 drop\n'}  }

  chain from_homes {
    ct state { established, related } accept
    ip saddr vmap @own4
    ip6 saddr vmap @own6
${rulesOf(acl)}    oifname ${device} ${REFUSE}
    accept
  }

  chain input {
    type filter hook input priority filter; policy accept;
    iifname ${device} ct state { established, related } accept
    iifname ${device} icmp type echo-request accept
    iifname ${device} icmpv6 type echo-request accept
    iifname ${device} ${REFUSE}
  }

  chain translate {
    type nat hook postrouting priority srcnat; policy accept;
    oifname ${device} accept
${tunnel.pool6 === undefined ? '' : `    ip6 saddr ${formatPrefix(tunnel.pool6)} accept\n`}    ${from4} snat ip to ip saddr map @egress4
    ${from6} snat ip6 to ip6 saddr map @egress6
    ${from4} masquerade
    ${from6} masquerade
  }
}
`
}

/** Takes the table away, whether it is there or not. */
export const REMOVE_NAT = `table inet hybridge_tunnel
delete table inet hybridge_tunnel
`

/** The address inside the tunnel of home number `number`: the concentrator itself is the first. */
export function placeOfHome(number: number): number {
  return number + FIRST_HOME
}

/** The home at this place. */
export function numberAt(place: number): number {
  return place - FIRST_HOME
}

/** Whether both prefixes have an address for home number `number`; their last ones are for broadcasts. */
export function hasPlace(
  number: number,
  { prefix4, prefix6 }: Pick<NatConfig['tunnel'], 'prefix4' | 'prefix6'>,
): boolean {
  const places = 2 ** (ADDRESS_BITS - Math.max(prefix4.bits, prefix6.bits))
  return placeOfHome(number) < places - 1
}

/** What home number `number` sends from inside the tunnel. */
export function innerOf(
  number: number,
  { prefix4, prefix6 }: Pick<NatConfig['tunnel'], 'prefix4' | 'prefix6'>,
): readonly Prefix[] {
  const place = placeOfHome(number)
  return [prefix4, prefix6].map((prefix) => ({
    address: addressIn(prefix, place),
    bits: ADDRESS_BITS,
  }))
}

/** The home that has this address inside the tunnel; undefined for none. */
export function numberOf(
  inner: Uint8Array,
  { prefix4, prefix6 }: Pick<NatConfig['tunnel'], 'prefix4' | 'prefix6'>,
): number | undefined {
  const prefix = [prefix4, prefix6].find((one) => prefixContains(one, inner))
  if (prefix === undefined) return undefined
  const number = readUint32(inner, 12) - readUint32(prefix.address, 12) - FIRST_HOME
  return number < 0 ? undefined : number
}

function elements(
  prefix: NatConfig['tunnel']['prefix4'],
  homes: readonly NatHome[],
  egressOf: (home: NatHome) => Uint8Array | undefined,
): string {
  const pairs = homes.flatMap((home) => {
    const egress = egressOf(home)
    const inner = addressIn(prefix, placeOfHome(home.number))
    return egress === undefined ? [] : [`${formatAddress(inner)} : ${formatAddress(egress)}`]
  })
  return pairs.length === 0 ? '' : `elements = { ${pairs.join(', ')} }; `
}

/** Judged before everybody's. A chain a home, found by its address: how many others there are is no matter. */
function ownChains({ number, acl }: NatHome): string {
  return `  chain ${ownChain(number)} {
${rulesOf(acl)}  }

`
}

function verdicts(prefix: NatConfig['tunnel']['prefix4'], homes: readonly NatHome[]): string {
  if (homes.length === 0) return ''
  const pairs = homes.flatMap(({ number, own6 }) => {
    const jump = `: jump ${ownChain(number)}`
    const inner = `${formatAddress(addressIn(prefix, placeOfHome(number)))} ${jump}`
    const isIpv6 = familyOf(prefix) === 'ipv6'
    return own6 === undefined || !isIpv6 ? [inner] : [inner, `${formatPrefix(own6)} ${jump}`]
  })
  return `elements = { ${pairs.join(', ')} }; `
}

function ownChain(number: number): string {
  return `home_${number}`
}

/** `allow` beats `deny`. */
function rulesOf({ allow, deny }: NatConfig['acl']): string {
  const line = (rule: AclRule, verdict: string): string => {
    const to = `${familyOf(rule) === 'ipv4' ? 'ip' : 'ip6'} daddr ${formatPrefix(rule)}`
    const ranges = rule.ports?.map(({ from, to: last }) => `${from}-${last}`).join(', ')
    const ports = ranges === undefined ? '' : ` meta l4proto ${WITH_PORTS} th dport { ${ranges} }`
    return `    ${to}${ports} ${verdict}\n`
  }
  return [
    ...allow.map((rule) => line(rule, 'accept')),
    ...deny.map((rule) => line(rule, REFUSE)),
  ].join('')
}

const ADDRESS_BITS = 128
const TABLE = 'hybridge_tunnel'
const WITH_PORTS = '{ tcp, udp, udplite, sctp, dccp }'
/** A prefix that no home has must not go back to where it came from. */
const NOBODY = 'reject with icmpv6 type no-route'
const REFUSE = 'reject with icmpx type admin-prohibited'
/** 0 is the network's own address, 1 the concentrator's. */
const FIRST_HOME = 2
