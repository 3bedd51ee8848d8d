/**
 * Memory that never moves, for what the kernel or OpenSSL reads by address: packets in a batch, the vectors
 * that point at them. A place in it is an offset, so that a hot loop makes no view.
 */
import { pin } from './libc.ts'

export interface Pinned {
  readonly bytes: Uint8Array
  /** Of the first byte. User space ends at 2^47, so a number is exact. */
  readonly address: number
}

/** It is never given back: ask once, at start. */
export function pinned(bytes: number): Pinned {
  const { address, view } = pin(bytes)
  return { bytes: view, address: Number(address) }
}
