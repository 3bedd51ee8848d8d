/**
 * Real sockets on the loopback for tests that drive a loop round by round.
 */
import { must } from '../linux/errors.ts'
import * as libc from '../linux/libc.ts'
import { knownAddress } from '../wire/address.ts'
import { encodeSockaddr6 } from '../wire/sockaddr.ts'
import type { Loop } from './loop.ts'

/** The two ends of one TCP connection. */
export function connectedPair(): [client: number, server: number] {
  const type = libc.SOCK_STREAM | libc.SOCK_CLOEXEC
  const listener = must(libc.socket(libc.AF_INET6, type, 0), 'test', 'socket')
  must(libc.bind(listener, encodeSockaddr6(knownAddress('::1'), 0)), 'test', 'bind')
  must(libc.listen(listener, 1), 'test', 'listen')
  const name = new Uint8Array(28)
  must(libc.getsockname(listener, name), 'test', 'getsockname')
  const client = must(libc.socket(libc.AF_INET6, type, 0), 'test', 'socket')
  must(libc.connect(client, name), 'test', 'connect')
  const server = must(libc.accept(listener), 'test', 'accept')
  libc.close(listener)
  return [client, server]
}

/** Loopback delivers within the call; a few rounds see all that follows from it. */
export function settle(loop: Loop): void {
  for (let i = 0; i < 20; i++) loop.round(1)
}
