/**
 * A request over a warm uplink, between real sockets on the loopback.
 *
 *    host ──── lan  Request  uplink ──── concentrator        (both ends are the test's own)
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ECONNRESET } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'

import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { errorReply } from '../../shared/wire/convert-failure.ts'
import { Accepted } from './accepted.ts'
import { Concentrator } from './concentrator.ts'
import type { Pool } from './pool.ts'
import { request } from './request.ts'
import { paintedRoom } from './room.fake.ts'
import { COUNT } from './room.ts'
import type { Uplink } from './uplink.ts'

test('what the server says at once arrives, and its end too', () => {
  const { host, concentrator, loop } = requested()
  libc.send(concentrator, Buffer.concat([encodeConvert([]), Uint8Array.of(1, 2, 3)]))
  libc.shutdownWrite(concentrator)
  settle(loop)
  assert.equal(libc.recv(host, new Uint8Array(8)), 3)
  assert.equal(libc.recv(host, new Uint8Array(8)), 0)
  libc.close(host)
  libc.close(concentrator)
})

test('a reset that comes with the answer is a reset, not an end', () => {
  const { host, concentrator, loop } = requested()
  libc.send(concentrator, Buffer.concat([encodeConvert([]), Uint8Array.of(1, 2, 3)]))
  resetAndClose(concentrator)
  settle(loop)
  assert.equal(libc.recv(host, new Uint8Array(8)), -ECONNRESET)
  assert.equal(loop.descriptors, 0)
  libc.close(host)
})

for (const [name, icmpCode, direct] of [
  ['a network that the concentrator has no way to is asked directly', 0, 1],
  ['a host that is not there for the concentrator is not there for the home', 1, 0],
] as const) {
  test(name, () => {
    const { host, concentrator, loop, room } = requested()
    const code = ConvertError.destinationUnreachable
    libc.send(concentrator, errorReply({ code, icmpCode }))
    settle(loop)
    assert.equal(room.count[COUNT.flowsDirect], direct)
    libc.close(host)
    libc.close(concentrator)
  })
}

/** A LAN connection that has asked for its server. */
function requested() {
  const room = paintedRoom({})
  const { loop } = room
  const [host, lan] = connectedPair()
  const [concentrator, fd] = connectedPair()
  const cookie = { bytes: new Uint8Array(8), issued: false }
  const uplink: Uplink = { fd, leg: 'dsl', from: ANY, cookie, plain: false, row: -1 }
  const pool: Pick<Pool, 'concentrator' | 'spare' | 'take'> = {
    concentrator: new Concentrator(room),
    spare: () => undefined,
    take: () => uplink,
  }
  const idle = { onReady() {}, onTurn() {} }
  loop.watch(lan, idle)
  loop.watch(fd, idle)
  const destination = { address: knownAddress('::1'), port: 9 }
  request(room, pool as Pool, new Accepted(room, { fd: lan, destination }))
  return { host, concentrator, loop, room }
}

const ANY = knownAddress('::')
