/**
 * A pool of IPv6 prefixes of one length, one for each home, numbered from 0:
 *
 *    2001:db8:f00::/40, prefixes of 64 bits
 *
 *    0                     32        40                                 64                     128
 *   +-----------------------+---------+----------------------------------+----------------------+
 *   |          the pool's own bits    |             number               |    hosts of a home   |
 *   +-----------------------+---------+----------------------------------+----------------------+
 *
 * The pool's own length is 32 at least and that of its prefixes 64 at most, so a number is a part of the second
 * 32 bits.
 */
import type { Prefix } from './address.ts'
import { readUint32, writeUint32 } from './tunnel.ts'

export interface PrefixPool {
  readonly pool: Prefix
  /** The length of each. */
  readonly bits: number
}

/** How many there are. */
export function prefixesIn({ pool, bits }: PrefixPool): number {
  return 2 ** (bits - pool.bits)
}

export function prefixAt({ pool, bits }: PrefixPool, number: number): Prefix {
  const address = pool.address.slice()
  writeUint32(address, 4, (readUint32(address, 4) + number * 2 ** (64 - bits)) >>> 0)
  return { address, bits }
}

/** In which one the address at `at` is; -1 for an address outside the pool. */
export function numberInPool({ pool, bits }: PrefixPool, memory: Uint8Array, at: number): number {
  if (readUint32(memory, at) !== readUint32(pool.address, 0)) return -1
  const offset = readUint32(memory, at + 4) - readUint32(pool.address, 4)
  const number = Math.floor(offset / 2 ** (64 - bits))
  return number >= 0 && number < 2 ** (bits - pool.bits) ? number : -1
}

/** Of which a home with this name shall have one, always the same: FNV-1a of the name. */
export function numberFor(name: string, pool: PrefixPool): number {
  let sum = 0x811c_9dc5
  for (const letter of name) sum = Math.imul(sum ^ (letter.codePointAt(0) ?? 0), 0x0100_0193)
  // So that the last letter moves every bit (MurmurHash3's finalizer).
  sum = Math.imul(sum ^ (sum >>> 16), 0x85eb_ca6b)
  sum = Math.imul(sum ^ (sum >>> 13), 0xc2b2_ae35)
  return ((sum ^ (sum >>> 16)) >>> 0) % prefixesIn(pool)
}
