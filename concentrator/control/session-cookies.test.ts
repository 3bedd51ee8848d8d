import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { CookieMint, pseudonymsBy } from '../subscribers/cookie-mint.ts'
import { sessionCookies } from './session-cookies.ts'

const secret = new Uint8Array(32).fill(9)
const atStart = {
  secret,
  lifetimeS: 3_600,
  ipv4Bits: 32,
  ipv6Bits: 64,
  pseudonyms: [pseudonymsBy(secret)('home-1')],
}
const LTE = knownAddress('198.51.100.7')
const nowS = 1_000_000

test('a home that came after the start is given cookies too, and so is who has a number anew', () => {
  const cookieFor = sessionCookies(atStart, () => nowS * 1_000)
  const street = new CookieMint(atStart)
  for (const home of [
    { id: 'home-2', number: 1 },
    { id: 'home-3', number: 0 },
  ]) {
    street.know(home.number, pseudonymsBy(secret)(home.id))
    const cookie = cookieFor(home, 'lte', LTE)
    const tie = { subscriber: home.number, leg: LEG_NUMBER.lte }
    assert.deepEqual(street.judge(cookie, LTE, nowS), { kind: 'valid', ...tie })
  }
})
