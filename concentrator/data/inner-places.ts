/**
 * Whose packet it is inside the tunnel, by its source or destination; and what a home is told about its own
 * addresses. A number in the address says it, so nothing is searched.
 */
import type { Prefix } from '../../shared/wire/address.ts'
import { addressIn, encodeTell, placeOf } from '../../shared/wire/inner-address.ts'
import { numberAt, placeOfHome } from './tunnel-nat.ts'
import type { TunnelRoll } from './tunnel-roll.ts'
import type { StreetTunnelBirth } from './tunnel-room.ts'

export class InnerPlaces {
  /** The concentrator's own. */
  readonly own4: Uint8Array
  readonly own6: Uint8Array
  /** Both, with what lies behind the interface. */
  readonly inside: readonly Prefix[]
  readonly #prefix4: Prefix
  readonly #prefix6: Prefix
  readonly #roll: TunnelRoll

  constructor(
    { prefix4, prefix6 }: Pick<StreetTunnelBirth, 'prefix4' | 'prefix6'>,
    roll: TunnelRoll,
  ) {
    this.#prefix4 = prefix4
    this.#prefix6 = prefix6
    this.#roll = roll
    this.own4 = addressIn(prefix4, OWN_PLACE)
    this.own6 = addressIn(prefix6, OWN_PLACE)
    this.inside = [
      { address: this.own4, bits: prefix4.bits },
      { address: this.own6, bits: prefix6.bits },
    ]
  }

  /** The number of the home whose address this is; negative for nobody's. */
  ownerOf(whose: 'source' | 'destination', memory: Uint8Array, at: number, bytes: number): number {
    const place = placeOf(whose, this.#prefix4, this.#prefix6, memory, at, bytes)
    if (place >= 0) return numberAt(place)
    if (bytes < IPV6_HEADER_BYTES || memory[at]! >> 4 !== 6) return -1
    return this.#roll.ownerOf(memory, at + (whose === 'source' ? SOURCE_AT : DESTINATION_AT))
  }

  /** The answer to a home that asks for its addresses. */
  tellOf(number: number): Uint8Array {
    const place = placeOfHome(number)
    const own = this.#roll.prefixOf(number)
    return encodeTell({
      ipv4: addressIn(this.#prefix4, place),
      // The first host of its prefix is the router itself.
      ipv6: own === undefined ? addressIn(this.#prefix6, place) : addressIn(own, 1),
      bits6: own?.bits ?? 128,
    })
  }
}

/** The concentrator's own place in both prefixes. */
const OWN_PLACE = 1
const IPV6_HEADER_BYTES = 40
const SOURCE_AT = 8
const DESTINATION_AT = 24
