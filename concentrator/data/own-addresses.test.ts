import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Loop } from '../../shared/relay/loop.ts'
import { parseAddress } from '../../shared/wire/address.ts'
import { OwnAddresses } from './own-addresses.ts'

test('this host knows its own addresses from others’', () => {
  using loop = new Loop()
  const own = new OwnAddresses(loop)
  assert.equal(own.has(parseAddress('127.0.0.1')!), true)
  assert.equal(own.has(parseAddress('203.0.113.9')!), false)
})
