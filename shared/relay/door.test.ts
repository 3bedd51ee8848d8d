import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
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

test('what comes in by a door has its congestion control, whatever the system has', () => {
  const ours = readFileSync(`${TCP}/tcp_congestion_control`, 'utf8').trim()
  const others = readFileSync(`${TCP}/tcp_available_congestion_control`, 'utf8').trim().split(' ')
  const congestion = others.find((name) => name !== ours)
  assert.ok(congestion !== undefined, `no kernel has ${ours} alone`)
  for (const multipath of [true, false]) {
    const address = encodeSockaddr6(knownAddress('::1'), 0)
    const options = { address, multipath, transparent: false, reusePort: false, congestion }
    const listener = openListener(options, 'the test')
    must(libc.getsockname(listener, address), 'test', 'getsockname')
    const protocol = multipath ? libc.IPPROTO_MPTCP : libc.IPPROTO_TCP
    const client = must(libc.socket(libc.AF_INET6, libc.SOCK_STREAM, protocol), 'test', 'socket')
    must(libc.connect(client, address), 'test', 'connect')
    const accepted = must(libc.accept(listener), 'test', 'accept')
    const name = Buffer.alloc(16)
    must(libc.getsockopt(accepted, SOL_TCP, TCP_CONGESTION, name), 'test', 'getsockopt')
    assert.equal(name.toString('latin1').replace(/\0+$/, ''), congestion)
    for (const fd of [client, accepted, listener]) libc.close(fd)
  }
})

const TCP = '/proc/sys/net/ipv4'
const SOL_TCP = 6
const TCP_CONGESTION = 13
