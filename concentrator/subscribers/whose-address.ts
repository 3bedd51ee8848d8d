/**
 * Whose address it is, and which leg's: by the operator's prefixes, else by the probes that came from it.
 */
import { type Owner, PrefixTies } from '../../shared/core/tie.ts'
import type { Prefix } from '../../shared/wire/address.ts'
import { sourceOf } from './source.ts'
import type { TieTable } from './tie-table.ts'

export interface Placed {
  /** By leg number; empty when the operator said nothing. */
  readonly prefixes: ReadonlyArray<{ readonly prefix: Prefix; readonly leg: number }>
}

/** `subscribers` by number; `nowS` is the monotonic clock that the ties are kept by, in seconds. */
export function whoseAddress(
  subscribers: readonly Placed[],
  probed: TieTable,
  nowS: () => number,
): (address: Uint8Array) => Owner | undefined {
  const configured = new PrefixTies()
  for (const [subscriber, { prefixes }] of subscribers.entries()) {
    for (const { prefix, leg } of prefixes) configured.add(prefix, { subscriber, leg })
  }
  // What the operator says about an address beats what came from it.
  return (address) => configured.ownerOf(address) ?? probed.ownerOf(sourceOf(address), nowS())
}
