/**
 * LTE's operator: one public IPv4 address for all customers, mappings that die in silence, and no way
 * in from outside. Both operators also drop what comes from an address they did not give out (BCP 38),
 * so a packet that leaves by the wrong line is lost here as it would be lost in the world.
 */
import { LAN, LEG_PREFIXES, NAT_ADDRESS } from './addresses.ts'
import { mustRun } from './command.ts'
import { inPlace } from './places.ts'
import { setSysctls } from './topology.ts'

export interface NatState {
  readonly on: boolean
  /** A mapping that carried nothing for so long is forgotten, and nobody is told. */
  readonly idleS: number
}

/** Mobile operators keep TCP mappings for half an hour or so; longer ones are rare. */
export const NAT_DEFAULT: NatState = { on: true, idleS: 1_800 }

/** Put the operators' rules in place, or replace them by new ones. Changes no mapping that lives. */
export async function setNat(street: string, nat: NatState): Promise<void> {
  const argv = inPlace(street, 'access', ['nft', '-f', '-'])
  await mustRun('set the operators’ rules', argv, rules(nat))
  if (!nat.on) return
  // After the rules, which bring connection tracking into the namespace.
  await setSysctls(street, 'access', [
    `net.netfilter.nf_conntrack_tcp_timeout_established = ${nat.idleS}`,
    `net.netfilter.nf_conntrack_udp_timeout = ${nat.idleS}`,
    `net.netfilter.nf_conntrack_udp_timeout_stream = ${nat.idleS}`,
    // A segment in mid-connection opens no mapping: what has expired stays dead.
    'net.netfilter.nf_conntrack_tcp_loose = 0',
    // The operator translates; judging sequence numbers is not its business.
    'net.netfilter.nf_conntrack_tcp_be_liberal = 1',
  ])
}

function rules(nat: NatState): string {
  const { dsl, lte } = LEG_PREFIXES
  return `
    table inet operators
    delete table inet operators
    table inet operators {
      chain forward {
        type filter hook forward priority filter
        iifname dsl ip saddr != ${dsl.ipv4} counter drop
        iifname dsl ip6 saddr != { ${dsl.ipv6}, ${LAN.prefix6} } counter drop
        iifname lte ip saddr != ${lte.ipv4} counter drop
        iifname lte ip6 saddr != ${lte.ipv6} counter drop
      }
    }
    table ip nat
    delete table ip nat
    ${nat.on ? TRANSLATION : ''}
  `
}

const TRANSLATION = `
  table ip nat {
    chain untracked {
      type filter hook prerouting priority raw
      iifname lte return
      ip daddr ${NAT_ADDRESS} return
      notrack
    }
    chain forward {
      type filter hook forward priority filter
      iifname lte ct state invalid counter drop
      oifname lte ct state != { established, related } counter drop
    }
    chain postrouting {
      type nat hook postrouting priority srcnat
      ip saddr ${LEG_PREFIXES.lte.ipv4} oifname "core-*" snat to ${NAT_ADDRESS} fully-random
    }
  }
`
