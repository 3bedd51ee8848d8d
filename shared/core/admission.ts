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
  const names = (prefix: Prefix) => prefixContains(prefix, address)
  return acl.allow.some(names) || !acl.deny.some(names)
}
