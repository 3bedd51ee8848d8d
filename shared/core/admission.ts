/**
 * Whether a destination may be reached through the concentrator.
 *
 * Without this list a converter is a door into the operator's own network: whoever may ask it for a
 * server may ask it for any server (RFC 8803 section 9.3).
 */
import { type Prefix, prefixContains } from '../wire/address.ts'

/** Both bounds included. */
export interface PortRange {
  readonly from: number
  readonly to: number
}

/** A network, and of it all ports or only some. */
export interface AclRule extends Prefix {
  readonly ports?: readonly PortRange[]
}

/** `allow` beats `deny`; what neither names is left to whoever judges next. */
export interface Acl {
  readonly allow: readonly AclRule[]
  readonly deny: readonly AclRule[]
}

/** A server as a Connect TLV names it. `address` is 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export interface Destination {
  readonly address: Uint8Array
  readonly port: number
}

export type Verdict = 'reach' | 'acl' | 'hairpin'

/**
 * The subscriber's own list first, then everybody's. `isHairpin`: the destination is this concentrator
 * itself, or a home behind it, which only an `allow` opens.
 */
export function mayReach(
  lists: readonly Acl[],
  destination: Destination,
  isHairpin: boolean,
): Verdict {
  const { address } = destination
  // Linux takes "any" for "this host": nobody may be let in there, whatever a wide `allow` says.
  if (ANY.some((any) => prefixContains(any, address))) return 'acl'
  for (const { allow, deny } of lists) {
    if (allow.some((rule) => names(rule, destination))) return 'reach'
    if (deny.some((rule) => names(rule, destination))) return 'acl'
  }
  return isHairpin ? 'hairpin' : 'reach'
}

function names(rule: AclRule, { address, port }: Destination): boolean {
  if (!prefixContains(rule, address)) return false
  return rule.ports === undefined || rule.ports.some(({ from, to }) => port >= from && port <= to)
}

/** `::` and 0.0.0.0, each a host. */
const ANY: readonly Prefix[] = [
  { address: new Uint8Array(16), bits: 128 },
  { address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0), bits: 128 },
]
