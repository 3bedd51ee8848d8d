import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../wire/address.ts'
import { decodeSockaddr, encodeSockaddr6 } from '../wire/sockaddr.ts'
import { dscpOf } from './first-packet.ts'
import * as libc from './libc.ts'

for (const [family, loopback, level, option] of [
  ['ipv4', '127.0.0.1', 0, 1],
  ['ipv6', '::1', 41, 67],
] as const) {
  test(`the code point that a host opened its connection with is known, ${family}`, (t) => {
    const address = knownAddress(loopback)
    const open = () => {
      const fd = libc.socket(libc.AF_INET6, libc.SOCK_STREAM | libc.SOCK_CLOEXEC, libc.IPPROTO_TCP)
      t.after(() => libc.close(fd))
      return fd
    }
    const listener = open()
    assert.equal(libc.bind(listener, encodeSockaddr6(address, 0)), 0)
    assert.equal(libc.listen(listener, 4), 0)
    const name = new Uint8Array(28)
    libc.getsockname(listener, name)
    const port = decodeSockaddr(name)?.port ?? 0
    for (const dscp of [0, 34, 46]) {
      const host = open()
      const value = Uint8Array.of(dscp << 2, 0, 0, 0)
      assert.equal(libc.setsockopt(host, level, option, value), 0)
      assert.equal(libc.connect(host, encodeSockaddr6(address, port)), 0)
      const fd = libc.accept(listener)
      t.after(() => libc.close(fd))
      assert.equal(dscpOf(fd, family), dscp)
    }
  })
}

test('what is no connection has no code point', () => {
  assert.equal(dscpOf(-1, 'ipv4'), undefined)
})
