/**
 * The two lines of a home, their numbers, and the MPTCP address ids that say which one a subflow is on.
 *
 *     id   0        the first subflow of a connection, on whichever leg it began
 *     id   1, 17, 33, ...   joins on DSL: leg number + 16 for each further address
 *     id   2, 18, 34, ...   joins on LTE
 *
 * So the concentrator reads the leg of a join from its id alone, and a changed address never comes back
 * under an id that the peer still remembers for the old one (RFC 8684 section 3.4).
 */

export type LegName = 'dsl' | 'lte'

/** In the order of preference: what DSL can carry stays off LTE. */
export const LEGS: readonly LegName[] = ['dsl', 'lte']

/** The number of a leg on the wire: in probes, and in address ids. */
export const LEG_NUMBER = { dsl: 1, lte: 2 } as const satisfies Record<LegName, number>

/** Whether a home has a leg of this number. */
export function isLegNumber(number: number): boolean {
  return number === LEG_NUMBER.dsl || number === LEG_NUMBER.lte
}

/** Where a home's leg, by LEG_NUMBER, stands in memory that has one cell for each leg of each home. */
export function legCellOf(subscriber: number, leg: number): number {
  return subscriber * LEGS.length + (leg - 1)
}

/** The leg of a join by its address id; undefined for id 0, which may be on either. */
export function legOfAddressId(id: number): LegName | undefined {
  return LEGS.find((leg) => LEG_NUMBER[leg] === id % ID_STEP)
}

/**
 * Remembers which address of which leg has which id. The same address always gets the same id. A leg
 * that has had ADDRESSES_MAX addresses gives the id of the one unused for longest to the next.
 */
export class AddressIds {
  readonly #byLeg: Readonly<Record<LegName, Map<string, number>>> = {
    dsl: new Map(),
    lte: new Map(),
  }

  /** `address` is text; one address must always be written the same way. */
  idOf(leg: LegName, address: string): number {
    const ids = this.#byLeg[leg]
    const id = ids.get(address) ?? freeId(ids, leg)
    // Deleted and set again, the Map's order is the order of last use.
    ids.delete(address)
    ids.set(address, id)
    return id
  }
}

function freeId(ids: Map<string, number>, leg: LegName): number {
  if (ids.size < ADDRESSES_MAX) return LEG_NUMBER[leg] + ID_STEP * ids.size
  const [oldest] = ids
  if (oldest === undefined) throw new RangeError('Cannot reuse an address id: none was given')
  ids.delete(oldest[0])
  return oldest[1]
}

// An id is one byte, and 16 legs are more than any home has.
const ID_STEP = 16
const ADDRESSES_MAX = 16
