/**
 * Whose address is it? What ties an address to a home: it was configured so, or the home's probes came
 * from it. An address that is tied to two homes (behind one NAT), or to both legs of one, tells nothing.
 */
import { isIpv4, type Prefix } from '../wire/address.ts'

/** One leg of one home. `leg` is `LEG_NUMBER` in leg.ts. */
export interface Tie {
  readonly subscriber: number
  readonly leg: number
}

/** Tied to more than one: known to be a home's, not whose. */
export const SHARED = 'shared'
export type Owner = Tie | typeof SHARED

/** What two ties of one address amount to. */
export function eitherTie(one: Owner | undefined, other: Owner | undefined): Owner | undefined {
  if (one === undefined || other === undefined) return one ?? other
  if (one === SHARED || other === SHARED) return SHARED
  return one.subscriber === other.subscriber && one.leg === other.leg ? one : SHARED
}

/** Configured prefixes: a lookup costs one step for each length of prefix that occurs. */
export class PrefixTies {
  readonly #byBits = new Map<number, Map<string, readonly Tie[]>>()

  add({ address, bits }: Prefix, tie: Tie): void {
    const ties = this.#byBits.get(bits) ?? new Map<string, readonly Tie[]>()
    this.#byBits.set(bits, ties)
    const key = keyOf(address, bits)
    ties.set(key, [...(ties.get(key) ?? []), tie])
  }

  /** One that was added; as often as it was. */
  remove({ address, bits }: Prefix, { subscriber, leg }: Tie): void {
    const ties = this.#byBits.get(bits)
    const key = keyOf(address, bits)
    const of = ties?.get(key) ?? []
    const place = of.findIndex((tie) => tie.subscriber === subscriber && tie.leg === leg)
    if (place < 0) return
    if (of.length > 1) ties?.set(key, of.toSpliced(place, 1))
    else ties?.delete(key)
    if (ties?.size === 0) this.#byBits.delete(bits)
  }

  /** Of all prefixes that hold the address: the longest does not win, they are all true. */
  ownerOf(address: Uint8Array): Owner | undefined {
    let found: Owner | undefined
    for (const [bits, ties] of this.#byBits) {
      if (bits < IPV4_BITS_BEFORE && isIpv4(address)) continue
      for (const tie of ties.get(keyOf(address, bits)) ?? []) found = eitherTie(found, tie)
    }
    return found
  }
}

/** The bytes of the prefix and its length: what a cookie is bound to. */
export function prefixBytes(address: Uint8Array, bits: number): Uint8Array {
  const bytes = new Uint8Array(address.length + 1)
  for (let at = 0; at * 8 < bits; at++) {
    const covered = Math.min(8, bits - at * 8)
    bytes[at] = address[at]! & (0xff << (8 - covered))
  }
  bytes[address.length] = bits
  return bytes
}

function keyOf(address: Uint8Array, bits: number): string {
  return String.fromCharCode(...prefixBytes(address, bits))
}

/** The bits of an IPv4-mapped address in front of the IPv4 address. */
const IPV4_BITS_BEFORE = 96
