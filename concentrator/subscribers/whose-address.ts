/**
 * Whose address it is, and which leg's: by the operator's prefixes, else by the probes that came from it.
 * Probes tell who a visitor may be. They do not tell what somebody else may do: a home can make them come
 * from any address that it can write into a packet.
 */
import type { Owner } from '../../shared/core/tie.ts'
import type { Roll } from './roll.ts'
import { sourceOf } from './source.ts'
import type { TieTable } from './tie-table.ts'

export interface WhoseAddress {
  /** What the operator says. */
  readonly configured: (address: Uint8Array) => Owner | undefined
  /** That, else what came from there. */
  readonly known: (address: Uint8Array) => Owner | undefined
}

/** `nowS` is the monotonic clock that the ties are kept by, in seconds. */
export function whoseAddress(
  roll: Pick<Roll, 'ownerOf'>,
  probed: TieTable,
  nowS: () => number,
): WhoseAddress {
  return {
    configured: (address) => roll.ownerOf(address),
    // What the operator says about an address beats what came from it.
    known: (address) => roll.ownerOf(address) ?? probed.ownerOf(sourceOf(address), nowS()),
  }
}
