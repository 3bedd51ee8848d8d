/**
 * Which class a connection is in: the rules are read from the first to the last, and the first that fits
 * decides. What a rule does not speak of fits (3GPP calls such a rule a traffic descriptor, TS 24.193).
 *
 *    class: dsl-only   from: [aa:bb:cc:dd:ee:ff]   domains: [tv.example]   ports: [443]
 *                      └ one of these       and    one of these      and   one of these
 */
import { type Prefix, prefixContains } from '../wire/address.ts'
import type { ServiceClass } from './service-class.ts'

/** Which connections are in which class. */
export interface ClassPolicy {
  /** Of what no rule fits. */
  readonly default: ServiceClass
  readonly rules: readonly ClassRule[]
}

export interface ClassRule {
  readonly class: ServiceClass
  /** How its TCP connections are carried, by Multipath TCP where nothing is said. */
  readonly carry?: Carry | undefined
  readonly protocol?: Protocol | undefined
  readonly to: readonly Prefix[]
  readonly ports: ReadonlyArray<{ readonly from: number; readonly to: number }>
  /** LAN devices: where they are, or the address of their hardware. */
  readonly from: ReadonlyArray<Prefix | HardwareAddress>
  /** RFC 2474: 0 to 63. */
  readonly dscp: readonly number[]
  readonly domains?: DomainSet | undefined
}

export type Protocol = 'tcp' | 'udp'

/** Bonded by Multipath TCP; or as it is through the datagram tunnel, for lines that strip MPTCP's options. */
export const CARRIES = ['mptcp', 'tunnel'] as const
export type Carry = (typeof CARRIES)[number]

/** In lower case with colons: `aa:bb:cc:dd:ee:ff`. */
export type HardwareAddress = string

/** Domains and all names under them. `set`: what the addresses behind them are kept under. */
export interface DomainSet {
  readonly names: readonly string[]
  readonly set: string
}

/** A connection as its first packet shows it. Addresses have 16 bytes. What is not known fits no rule. */
export interface Traffic {
  readonly protocol: Protocol | 'other'
  readonly destination: { readonly address: Uint8Array; readonly port: number }
  readonly source: Uint8Array | undefined
  readonly hardware: HardwareAddress | undefined
  readonly dscp: number | undefined
}

/** Whether an address is known to stand behind one of the names of a `DomainSet`. */
export type IsNamed = (set: string, address: Uint8Array) => boolean

export function classOf(policy: ClassPolicy, traffic: Traffic, isNamed: IsNamed): ServiceClass {
  return ruleOf(policy, traffic, isNamed)?.class ?? policy.default
}

/** The rule that decides; undefined: the default does. */
export function ruleOf(
  { rules }: ClassPolicy,
  traffic: Traffic,
  isNamed: IsNamed,
): ClassRule | undefined {
  return rules.find((one) => fits(one, traffic, isNamed))
}

/** What costs nothing to know comes first; what the kernel is asked for, last. */
function fits(rule: ClassRule, traffic: Traffic, isNamed: IsNamed): boolean {
  const { address, port } = traffic.destination
  if (rule.protocol !== undefined && rule.protocol !== traffic.protocol) return false
  if (!none(rule.ports) && !rule.ports.some((r) => r.from <= port && port <= r.to)) return false
  if (!none(rule.to) && !rule.to.some((prefix) => prefixContains(prefix, address))) return false
  if (!none(rule.dscp) && !rule.dscp.some((one) => one === traffic.dscp)) return false
  if (!none(rule.from) && !rule.from.some((device) => isFrom(device, traffic))) return false
  return rule.domains === undefined || isNamed(rule.domains.set, address)
}

function isFrom(device: Prefix | HardwareAddress, traffic: Traffic): boolean {
  if (typeof device === 'string') return device === traffic.hardware
  return traffic.source !== undefined && prefixContains(device, traffic.source)
}

function none(list: readonly unknown[]): boolean {
  return list.length === 0
}
