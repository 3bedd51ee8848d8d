/**
 * A source as the limits and the ties see it: an IPv4 address, or an IPv6 /64, for whoever has one address
 * of a /64 has them all. Two numbers, so that a lookup makes no text.
 */
import { isIpv4, parseAddress } from '../../shared/wire/address.ts'

export interface Source {
  readonly high: number
  readonly low: number
}

/** IPv4 is told apart by a first half that no IPv6 network has. */
export function sourceOf(address: Uint8Array): Source {
  if (isIpv4(address)) return { high: 0x0000_ffff, low: word(address, 12) }
  return { high: word(address, 0), low: word(address, 4) }
}

/**
 * Two halves into two others, one to one, so that no two sources share both: where a row lies, and what
 * it is known by. With a `seed` that nobody knows nobody can choose neighbours in a table.
 */
export function scatter({ high, low }: Source, seed: number): Source {
  let left = high
  let right = low
  for (let round = 0; round < ROUNDS; round++) {
    const turned = left ^ mixed(right ^ (seed + Math.imul(round, 0x9e37_79b9)))
    left = right
    right = turned
  }
  return { high: left | 0, low: right | 0 }
}

/** MurmurHash3's last step: every bit of the input moves half the bits of the output. */
function mixed(value: number): number {
  let bits = value
  bits = Math.imul(bits ^ (bits >>> 16), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
  return bits ^ (bits >>> 16)
}

function word(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
}

/** Of a Feistel network: four make a change of one bit reach everywhere. */
const ROUNDS = 4

/** The same for an address as it is written: a key for tables. */
export function sourceKey(text: string): string {
  const address = parseAddress(text)
  if (address === undefined) return text
  const { high, low } = sourceOf(address)
  return `${high} ${low}`
}
