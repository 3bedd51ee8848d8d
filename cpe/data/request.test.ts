/**
 * A request over a warm uplink, between real sockets on the loopback.
 *
 *    host ──── lan  Request  uplink ──── concentrator        (both ends are the test's own)
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SERVICE_CLASSES, type ServiceClass } from '../../shared/core/service-class.ts'
import { ECONNRESET } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'
import { FlowState } from '../../shared/relay/flow-table.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { errorReply } from '../../shared/wire/convert-failure.ts'
import { Accepted } from './accepted.ts'
import { Concentrator } from './concentrator.ts'
import type { Pool } from './pool.ts'
import { paintedRoom } from './room.fake.ts'
import { COUNT } from './room.ts'
import type { Uplink } from './uplink.ts'
import { findWay } from './way-out.ts'

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

test('a Connect that is reset without a word goes direct, and says nothing about anybody else', () => {
  const { host, concentrator, loop, room } = requested()
  resetAndClose(concentrator)
  settle(loop)
  assert.equal(room.count[COUNT.flowsDirect], 1)
  assert.equal(room.count[COUNT.uplinksFailed], 0)
  assert.equal(room.count[COUNT.marksDsl], 0)
  assert.equal(room.farewellMs, -Infinity)
  libc.close(host)
})

test('what its class keeps from the only line that is up is refused', () => {
  for (const serviceClass of ['dsl-only', 'lte-only'] as const) {
    const { host, concentrator, loop, room } = requested(serviceClass)
    settle(loop)
    assert.equal(libc.recv(host, new Uint8Array(8)), -ECONNRESET, serviceClass)
    assert.equal(room.count[COUNT.flowsDirect], 0)
    libc.close(host)
    libc.close(concentrator)
  }
})

test('what its class keeps from the concentrator is asked directly', () => {
  const { host, concentrator, room } = requested('bypass')
  assert.equal(room.count[COUNT.flowsDirect], 1)
  libc.close(host)
  libc.close(concentrator)
})

test('a connection that is asked for has its class in the flow table', () => {
  const { host, concentrator, room } = requested('aggregate')
  const [row] = room.table.rows()
  assert.equal(row?.serviceClass, SERVICE_CLASSES.indexOf('aggregate'))
  assert.equal(row?.state, FlowState.open)
  libc.close(host)
  libc.close(concentrator)
})

/** A LAN connection that has asked for its server. */
function requested(serviceClass: ServiceClass = 'overflow') {
  const room = paintedRoom({ classes: { default: serviceClass, rules: [] } })
  const { loop } = room
  const [host, lan] = connectedPair()
  const [concentrator, fd] = connectedPair()
  const cookie = { bytes: new Uint8Array(8), issued: false }
  const row = room.table.claim(FlowState.pooled, 7, 1, 0)
  const uplink: Uplink = { fd, leg: 'dsl', from: ANY, cookie, plain: false, row }
  const pool: Pick<Pool, 'concentrator' | 'spare' | 'take'> = {
    concentrator: new Concentrator(room),
    spare: () => undefined,
    take: () => uplink,
  }
  const idle = { onReady() {}, onTurn() {} }
  loop.watch(lan, idle)
  loop.watch(fd, idle)
  const destination = { address: knownAddress('::1'), port: 9 }
  findWay(room, pool as Pool, new Accepted(room, { fd: lan, destination }))
  return { host, concentrator, loop, room }
}

const ANY = knownAddress('::')
