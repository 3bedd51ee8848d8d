/**
 * Whose address it is, and which leg's: by the operator's prefixes, else by the probes that came from it.
 * Probes tell who a visitor may be. They do not tell what somebody else may do: a home can make them come
 * from any address that it can write into a packet.
 */
import { type Owner, PrefixTies } from '../../shared/core/tie.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import { sourceOf } from './source.ts'
import type { TieTable } from './tie-table.ts'

export interface Placed {
  /** By leg number; empty when the operator said nothing. */
  readonly prefixes: ReadonlyArray<{ readonly prefix: Prefix; readonly leg: number }>
}

export interface WhoseAddress {
  /** What the operator says. */
  readonly configured: (address: Uint8Array) => Owner | undefined
  /** That, else what came from there. */
  readonly known: (address: Uint8Array) => Owner | undefined
}

/** `subscribers` by number; `nowS` is the monotonic clock that the ties are kept by, in seconds. */
export function whoseAddress(
  subscribers: readonly Placed[],
  probed: TieTable,
  nowS: () => number,
): WhoseAddress {
  const prefixes = new PrefixTies()
  for (const [subscriber, placed] of subscribers.entries()) {
    for (const { prefix, leg } of placed.prefixes) prefixes.add(prefix, { subscriber, leg })
  }
  return {
    configured: (address) => prefixes.ownerOf(address),
    // What the operator says about an address beats what came from it.
    known: (address) => prefixes.ownerOf(address) ?? probed.ownerOf(sourceOf(address), nowS()),
  }
}
