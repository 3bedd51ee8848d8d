import assert from 'node:assert/strict'
import { test } from 'node:test'
import { must } from '../linux/errors.ts'
import * as libc from '../linux/libc.ts'
import { openListener } from '../linux/sockets.ts'
import { knownAddress } from '../wire/address.ts'
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import { openDoor } from './door.ts'
import { Loop } from './loop.ts'

test('a flood at the door takes one bite of each round, and nobody is left outside', () => {
  const loop = new Loop()
  const address = encodeSockaddr6(knownAddress('::1'), 0)
  const options = { address, multipath: false, transparent: false, reusePort: false }
  const listener = openListener(options, 'the test')
  must(libc.getsockname(listener, address), 'test', 'getsockname')
  const accepted: number[] = []
  openDoor(loop, listener, (fd) => accepted.push(fd))

  const clients: number[] = []
  const bites: number[] = []
  const call = (): void => {
    const type = libc.SOCK_STREAM | libc.SOCK_CLOEXEC
    const fd = must(libc.socket(libc.AF_INET6, type, 0), 'test', 'socket')
    must(libc.connect(fd, address), 'test', 'connect')
    clients.push(fd)
  }
  for (let i = 0; i < 600; i++) call()
  for (let round = 0; round < 20; round++) {
    const before = accepted.length
    loop.round(0)
    bites.push(accepted.length - before)
    // One more between two rounds: the listener has an edge again.
    call()
  }
  loop.round(0)
  // The edge's own bite, and that of the turn asked for before.
  assert.ok(Math.max(...bites) <= 128, bites.join(' '))
  assert.equal(accepted.length, clients.length)
  for (const fd of [...clients, ...accepted, listener]) libc.close(fd)
})
