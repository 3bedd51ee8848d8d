import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseAddress } from '../../shared/wire/address.ts'
import { CookieMint, pseudonymsBy } from './cookie-mint.ts'

const secret = Uint8Array.from({ length: 32 }, (_, i) => i)
const pseudonyms = ['home-1', 'home-2'].map(pseudonymsBy(secret))
const settings = { secret, lifetimeS: 3_600, ipv4Bits: 32, ipv6Bits: 64, pseudonyms }
const mint = new CookieMint(settings)
const dsl = { subscriber: 1, leg: 1 }
const here = parseAddress('203.0.113.2')!
const here6 = parseAddress('2001:db8:d:1::2')!
/** In the middle of a window. */
const NOW_S = 3_600 * 480_000 + 1_800

test('cookies of a home that has gone are worth nothing, and its number is another’s', () => {
  const changing = new CookieMint(settings)
  const cookie = changing.issue(dsl, here, NOW_S)
  changing.know(1, undefined)
  assert.deepEqual(changing.judge(cookie, here, NOW_S), { kind: 'unknown' })
  changing.know(1, pseudonymsBy(secret)('home-3'))
  assert.deepEqual(changing.judge(cookie, here, NOW_S), { kind: 'unknown' })
  const newer = changing.issue(dsl, here, NOW_S)
  assert.deepEqual(changing.judge(newer, here, NOW_S), { kind: 'valid', ...dsl })
})

test('a cookie is valid for who it was issued to, where it was issued, until it expires', () => {
  const cookie = mint.issue(dsl, here, NOW_S)
  assert.equal(cookie.length, 32)
  for (const afterS of [0, 1, 1_799, 1_800, 3_599]) {
    assert.deepEqual(mint.judge(cookie, here, NOW_S + afterS), { kind: 'valid', ...dsl })
  }
  assert.deepEqual(mint.judge(cookie, here, NOW_S + 3_600), { kind: 'expired', ...dsl })
})

test('the key of a window is valid in the next, and no longer', () => {
  for (const startS of [NOW_S - 1_800, NOW_S + 1_799]) {
    const cookie = mint.issue(dsl, here, startS)
    assert.equal(mint.judge(cookie, here, startS + 3_599).kind, 'valid')
    assert.equal(mint.judge(cookie, here, startS + 2 * 3_600).kind, 'unknown')
  }
})

test('a second concentrator with the same secret takes it, its clock a little behind', () => {
  const cookie = mint.issue(dsl, here, NOW_S + 1_800)
  assert.equal(new CookieMint(settings).judge(cookie, here, NOW_S + 1_790).kind, 'valid')
})

test('from another address it is ours and moved', () => {
  const cookie = mint.issue(dsl, here, NOW_S)
  const elsewhere = parseAddress('203.0.113.3')!
  assert.deepEqual(mint.judge(cookie, elsewhere, NOW_S), { kind: 'moved', ...dsl })
  const cookie6 = mint.issue(dsl, here6, NOW_S)
  assert.equal(mint.judge(cookie6, parseAddress('2001:db8:d:1::ffff')!, NOW_S).kind, 'valid')
  assert.equal(mint.judge(cookie6, parseAddress('2001:db8:d:2::2')!, NOW_S).kind, 'moved')
  assert.equal(mint.judge(cookie6, here, NOW_S).kind, 'moved')
})

test('it is bound to as much of the address as the operator says', () => {
  const wide = new CookieMint({ ...settings, ipv4Bits: 24, ipv6Bits: 48 })
  assert.equal(
    wide.judge(wide.issue(dsl, here, NOW_S), parseAddress('203.0.113.99')!, NOW_S).kind,
    'valid',
  )
  assert.equal(
    wide.judge(wide.issue(dsl, here6, NOW_S), parseAddress('2001:db8:d:ff::1')!, NOW_S).kind,
    'valid',
  )
  // The length is signed too: what one mint binds loosely another does not take.
  assert.equal(mint.judge(wide.issue(dsl, here, NOW_S), here, NOW_S).kind, 'moved')
})

test('no byte of it can be changed', () => {
  const cookie = mint.issue(dsl, here, NOW_S)
  for (const at of cookie.keys()) {
    for (const bit of [1, 0x80]) {
      const forged = cookie.slice()
      forged[at] = forged[at]! ^ bit
      assert.notEqual(mint.judge(forged, here, NOW_S).kind, 'valid', `byte ${at}`)
    }
  }
})

test('what is not ours is unknown, whatever its length', () => {
  for (const length of [0, 8, 32, 64]) {
    assert.equal(mint.judge(new Uint8Array(length), here, NOW_S).kind, 'unknown')
  }
  const other = new CookieMint({ ...settings, secret: new Uint8Array(32) })
  assert.equal(other.judge(mint.issue(dsl, here, NOW_S), here, NOW_S).kind, 'unknown')
})

test('a pseudonym says nothing without the secret, and differs by subscriber', () => {
  assert.notDeepEqual(pseudonyms[0], pseudonyms[1])
  assert.notDeepEqual(pseudonymsBy(new Uint8Array(32))('home-1'), pseudonyms[0])
  assert.equal(Buffer.from(mint.issue(dsl, here, NOW_S)).includes('home-2'), false)
})
