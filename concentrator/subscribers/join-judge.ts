/**
 * Whether a subflow that joins comes from where its home's leg does: both lines of a bond are one subscriber's, where
 * the operator has said which prefixes are whose.
 */
import { LEG_NUMBER, legOfAddressId } from '../../shared/core/leg.ts'
import { SHARED } from '../../shared/core/tie.ts'
import { prefixContains } from '../../shared/wire/address.ts'
import type { Roll } from './roll.ts'

/** `unknown`: nothing tells yet whose connection that is. */
export type JoinVerdict = 'own' | 'stray' | 'unknown'
export type JoinJudge = (token: number, addressId: number, address: Uint8Array) => JoinVerdict

/** `numberOf` says whose connection has that token. */
export function joinJudge(
  numberOf: (token: number) => number | undefined,
  roll: Pick<Roll, 'get' | 'ownerOf'>,
): JoinJudge {
  return (token, addressId, address) => {
    const number = numberOf(token)
    if (number === undefined) return 'unknown'
    const name = legOfAddressId(addressId)
    const leg = name && LEG_NUMBER[name]
    const prefixes = roll.get(number)?.prefixes ?? []
    // An id that says no leg may be of either.
    const asked = prefixes.filter((one) => leg === undefined || one.leg === leg)
    if (asked.length > 0) {
      return asked.some(({ prefix }) => prefixContains(prefix, address)) ? 'own' : 'stray'
    }
    // Where this leg comes from was not said; it cannot be from another home's line.
    const owner = roll.ownerOf(address)
    return owner === undefined || owner === SHARED || owner.subscriber === number ? 'own' : 'stray'
  }
}
