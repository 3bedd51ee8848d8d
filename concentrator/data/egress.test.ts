/**
 * The concentrator's door out, to a real server on the loopback.
 */
import assert from 'node:assert/strict'
import { getuid } from 'node:process'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { legClass } from '../../shared/core/shaping.ts'
import * as libc from '../../shared/linux/libc.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { decodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { decodeSockaddr, encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import { goOut } from './egress.ts'
import { type FakeRoom, fakeRoom } from './room.fake.ts'
import { COUNT } from './room.ts'
import { Seat } from './seat.ts'

const HERE = knownAddress('::1')

test('what came behind a Connect reaches the server, and is not kept for the life of the flow', async () => {
  const room = fakeRoom()
  const { home, server, kept } = outWith(room, 'GET /')
  settle(room.loop)
  const buffer = new Uint8Array(16)
  const got = libc.recv(server.accept(), buffer)
  assert.equal(Buffer.from(buffer.subarray(0, got)).toString(), 'GET /')
  assert.equal(room.count[COUNT.flowsOpen], 1)
  assert.equal(room.heldBytes, 0)
  // A WeakRef holds until the turn of the JavaScript event loop is over.
  await new Promise(setImmediate)
  collectGarbage()
  assert.equal(kept.deref(), undefined)
  libc.close(home)
  server.close()
})

test('a connection to the server that cannot be watched is refused with Resource Exceeded', () => {
  const room = fakeRoom()
  const { home, server } = outWith(room, '', () => {
    room.loop.watch = () => -ENOSPC
  })
  const buffer = new Uint8Array(64)
  const answer = decodeConvert(buffer.subarray(0, Math.max(0, libc.recv(home, buffer))))
  assert.ok(answer.kind === 'message')
  const [error] = answer.message
  assert.ok(error?.type === 'error')
  assert.equal(error.code, ConvertError.resourceExceeded)
  libc.close(home)
  settle(room.loop)
  assert.equal(room.loop.descriptors, 0)
  server.close()
})

test('a home’s connection that is plain TCP leaves by the class of its leg, where that is capped', {
  skip: getuid?.() !== 0 && 'a packet priority of this size needs root',
}, () => {
  for (const [capped, priority] of [
    [1, legClass(0, 1)],
    [2, 0],
  ] as const) {
    const room = fakeRoom()
    room.cappedLegs.cap(0, capped)
    const { home, server, fd } = outWith(room, '')
    settle(room.loop)
    assert.equal(room.count[COUNT.flowsOpen], 1)
    const set = new Uint8Array(4)
    assert.equal(libc.getsockopt(fd, SOL_SOCKET, SO_PRIORITY, set), 4)
    assert.equal(new DataView(set.buffer).getUint32(0, true), priority)
    assert.deepEqual(room.cappedLegs.asked(), priority === 0 ? [] : [priority])
    libc.close(home)
    server.close()
  }
})

/** A home of subscriber 0 that asks for a server on the loopback, and how its early data may be found. */
function outWith(room: FakeRoom, early: string, before: () => void = () => undefined) {
  const server = listening()
  const [home, fd] = connectedPair()
  const seat = Seat.take(room, fd, HERE)
  assert.ok(seat !== undefined)
  seat.recognise(0, 0)
  assert.equal(seat.ask() ?? seat.connect(), undefined)
  room.loop.watch(fd, { onReady: () => undefined, onTurn: () => undefined })
  before()
  const earlyData = Uint8Array.from(Buffer.from(early))
  goOut(room, {
    fd,
    seat,
    address: HERE,
    port: server.port,
    earlyData,
    subscriber: 0,
    leg: 1,
    askedKinds: undefined,
    answer: [],
  })
  return { home, server, fd, kept: new WeakRef(earlyData) }
}

function listening() {
  const listener = libc.socket(libc.AF_INET6, libc.SOCK_STREAM | libc.SOCK_CLOEXEC, 0)
  libc.bind(listener, encodeSockaddr6(HERE, 0))
  libc.listen(listener, 1)
  const name = new Uint8Array(28)
  libc.getsockname(listener, name)
  const port = decodeSockaddr(name)?.port
  assert.ok(port !== undefined)
  return { port, accept: () => libc.accept(listener), close: () => libc.close(listener) }
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
}

const ENOSPC = 28
const SOL_SOCKET = 1
const SO_PRIORITY = 12
