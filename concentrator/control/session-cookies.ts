/**
 * Cookies that homes are given over their sessions: the data threads know them by the same keys.
 */
import { LEG_NUMBER, type LegName } from '../../shared/core/leg.ts'
import { CookieMint, type MintSettings, pseudonymsBy } from '../subscribers/cookie-mint.ts'
import type { Home } from './session-homes.ts'

export type CookieFor = (
  home: Pick<Home, 'id' | 'number'>,
  leg: LegName,
  address: Uint8Array,
) => Uint8Array

export function sessionCookies(settings: MintSettings, unixMs: () => number): CookieFor {
  const mint = new CookieMint(settings)
  const pseudonymOf = pseudonymsBy(settings.secret)
  return ({ id, number }, leg, address) => {
    // It may have come after the start, or have the number of one that has gone.
    mint.know(number, pseudonymOf(id))
    const tie = { subscriber: number, leg: LEG_NUMBER[leg] }
    return mint.issue(tie, address, Math.floor(unixMs() / 1_000))
  }
}
