/**
 * Whether a destination may be reached through the concentrator.
 *
 * Without this list a converter is a door into the operator's own network: whoever may ask it for a
 * server may ask it for any server (RFC 8803 section 9.3).
 */
import { type Prefix, prefixContains } from '../wire/address.ts'

/** `allow` beats `deny`; what neither names is allowed. */
export interface Acl {
  readonly allow: readonly Prefix[]
  readonly deny: readonly Prefix[]
}

/** `address` is 16 bytes, IPv4 as ::ffff:a.b.c.d. */
export function mayReach(acl: Acl, address: Uint8Array): boolean {
  // Linux takes "any" for "this host": nobody may be let in there, whatever a wide `allow` says.
  if (ANY.some((any) => prefixContains(any, address))) return false
  const names = (prefix: Prefix) => prefixContains(prefix, address)
  return acl.allow.some(names) || !acl.deny.some(names)
}

/** `::` and 0.0.0.0, each a host. */
const ANY: readonly Prefix[] = [
  { address: new Uint8Array(16), bits: 128 },
  { address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0), bits: 128 },
]
