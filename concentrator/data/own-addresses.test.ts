import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Loop } from '../../shared/relay/loop.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { OwnAddresses } from './own-addresses.ts'

test('this host knows its own addresses from others’, and those that are only routed here', () => {
  using loop = new Loop()
  const own = new OwnAddresses(loop, [encodeSockaddr6(knownAddress('192.0.2.77'), 0)])
  assert.equal(own.has(knownAddress('127.0.0.1')), true)
  assert.equal(own.has(knownAddress('192.0.2.77')), true)
  assert.equal(own.has(knownAddress('203.0.113.9')), false)
})
