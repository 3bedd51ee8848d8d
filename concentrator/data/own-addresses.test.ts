import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { OwnAddresses } from './own-addresses.ts'

test('this host knows its own addresses from others’, and those that only the configuration names', () => {
  using own = new OwnAddresses({ arm: () => undefined }, [
    encodeSockaddr6(knownAddress('192.0.2.77'), 0),
    encodeSockaddr6(knownAddress('2001:db8::77'), 8_803),
  ])
  // 127.9.9.9 stands on no interface: what is routed here is ours too.
  for (const address of ['127.0.0.1', '127.9.9.9', '::1', '192.0.2.77', '2001:db8::77']) {
    assert.equal(own.has(knownAddress(address)), true, address)
  }
  for (const address of ['203.0.113.9', '2001:db8::78', '128.0.0.1']) {
    assert.equal(own.has(knownAddress(address)), false, address)
  }
})
