/**
 * The address with which a subscriber appears in the Internet: one of the pool, always the same.
 *
 *    weight(subscriber, address)    the greatest wins (rendezvous hashing)
 *
 * An address more takes from each other one its share of subscribers and moves nobody else; an address
 * less moves only those who had it. Nothing is remembered, so a restart and a second concentrator with
 * the same pool choose alike.
 */

//= https://www.rfc-editor.org/rfc/rfc8803#section-4.3
//# If address-sharing mode is
//# enabled, the Transport Converter MUST adhere to REQ-2 of [RFC6888],
//# which implies a default "IP address pooling" behavior of "Paired" (as
//# defined in Section 4.1 of [RFC4787]) MUST be supported.
/** The place in `addresses` of the subscriber's own, or undefined where there is none to choose. */
export function egressAddress(
  subscriber: string,
  addresses: readonly Uint8Array[],
): number | undefined {
  const key = hash(
    OFFSET_BASIS,
    Array.from(subscriber, (letter) => letter.codePointAt(0) ?? 0),
  )
  let chosen: number | undefined
  let greatest = -1
  for (let i = 0; i < addresses.length; i++) {
    const weight = mixed(hash(key, addresses[i]!))
    if (weight <= greatest) continue
    greatest = weight
    chosen = i
  }
  return chosen
}

/** FNV-1a. */
function hash(basis: number, symbols: ArrayLike<number>): number {
  let sum = basis
  for (let i = 0; i < symbols.length; i++) sum = Math.imul(sum ^ symbols[i]!, PRIME)
  return sum
}

/** So that the last byte moves every bit: MurmurHash3's finalizer. */
function mixed(sum: number): number {
  let bits = sum ^ (sum >>> 16)
  bits = Math.imul(bits, 0x85eb_ca6b)
  bits ^= bits >>> 13
  bits = Math.imul(bits, 0xc2b2_ae35)
  return (bits ^ (bits >>> 16)) >>> 0
}

const OFFSET_BASIS = 0x811c_9dc5
const PRIME = 0x0100_0193
