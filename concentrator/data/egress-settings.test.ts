/**
 * Whose address is which, in a pool of both families.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isIpv4, knownAddress } from '../../shared/wire/address.ts'
import { egressChooser, egressSettings } from './egress-settings.ts'

const ADDRESSES = ['192.0.2.1', '2001:db8::1', '192.0.2.2', '2001:db8::2', '192.0.2.3']
const POOL = ADDRESSES.map(knownAddress)

test('a subscriber has one address of either family', () => {
  const seen = new Set<string>()
  const choose = egressChooser(ADDRESSES)
  for (let i = 0; i < 200; i++) {
    const { ipv4 = -1, ipv6 = -1 } = choose({ id: `home-${i}`, egress: {} })
    assert.deepEqual([isIpv4(POOL[ipv4]!), isIpv4(POOL[ipv6]!)], [true, false])
    seen.add(`${ipv4} ${ipv6}`)
  }
  assert.equal(seen.size, 6)
})

test('a family that the pool has not is left to the kernel', () => {
  const none = { ipv4: undefined, ipv6: undefined }
  const home = { id: 'home-1', egress: {} }
  assert.deepEqual(egressChooser(['2001:db8::1'])(home), { ...none, ipv6: 0 })
  assert.deepEqual(egressChooser([])(home), none)
})

test('the address that an operator has given a home is its own, as long as the pool has it', () => {
  const choose = egressChooser(ADDRESSES)
  for (let i = 0; i < 20; i++) {
    const home = { id: `home-${i}`, egress: { ipv4: '192.0.2.3', ipv6: '2001:db8::9' } }
    const { ipv4, ipv6 } = choose(home)
    assert.deepEqual([ipv4, ipv6], [4, choose({ ...home, egress: {} }).ipv6])
  }
})

test('MPTCP is announced whatever the policy, and honoured only where there is one', () => {
  const settings = (multipath: 'never' | 'asked' | 'always') =>
    egressSettings({ egress: { addresses: ['192.0.2.1'], multipath } })
  for (const multipath of ['never', 'asked', 'always'] as const) {
    const { announced, honoured } = settings(multipath)
    assert.ok(announced.includes(30))
    assert.equal(honoured.includes(30), multipath !== 'never')
  }
  assert.equal(settings('asked').portsTaken.byteLength, 4)
})
