/**
 * Whose address is which, in a pool of both families.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isIpv4, knownAddress } from '../../shared/wire/address.ts'
import { choicesOf, egressSettings } from './egress-settings.ts'

const POOL = ['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::2', '192.0.2.3'].map(knownAddress)

test('a subscriber has one address of either family', () => {
  const seen = new Set<string>()
  const homes = Array.from({ length: 200 }, (_, i) => `home-${i}`)
  for (const { ipv4 = -1, ipv6 = -1 } of choicesOf(homes, POOL)) {
    assert.deepEqual([isIpv4(POOL[ipv4]!), isIpv4(POOL[ipv6]!)], [true, false])
    seen.add(`${ipv4} ${ipv6}`)
  }
  assert.equal(seen.size, 6)
})

test('a family that the pool has not is left to the kernel', () => {
  const none = { ipv4: undefined, ipv6: undefined }
  assert.deepEqual(choicesOf(['home-1'], [knownAddress('2001:db8::1')]), [{ ...none, ipv6: 0 }])
  assert.deepEqual(choicesOf(['home-1'], []), [none])
})

test('MPTCP is announced whatever the policy, and honoured only where there is one', () => {
  const subscribers = [{ id: 'home-1', cookie: new Uint8Array(8) }]
  const settings = (multipath: 'never' | 'asked' | 'always') =>
    egressSettings({ egress: { addresses: ['192.0.2.1'], multipath }, subscribers })
  for (const multipath of ['never', 'asked', 'always'] as const) {
    const { announced, honoured } = settings(multipath)
    assert.ok(announced.includes(30))
    assert.equal(honoured.includes(30), multipath !== 'never')
  }
  assert.equal(settings('asked').portsTaken.byteLength, 4)
  assert.deepEqual(settings('asked').choices, [{ ipv4: 0, ipv6: undefined }])
})
