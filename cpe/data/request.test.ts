/**
 * A request over a warm uplink, between real sockets on the loopback.
 *
 *    host ──── lan  Request  uplink ──── concentrator        (both ends are the test's own)
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { must } from '../../shared/linux/errors.ts'
import { ECONNRESET } from '../../shared/linux/kernel.ts'
import * as libc from '../../shared/linux/libc.ts'
import { resetAndClose } from '../../shared/linux/sockets.ts'

import { FlowTable } from '../../shared/relay/flow-table.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { errorReply } from '../../shared/wire/convert-failure.ts'
import { encodeSockaddr6 } from '../../shared/wire/sockaddr.ts'
import type { Pool } from './pool.ts'
import { request } from './request.ts'
import { COUNT, HOUSE_COUNTERS, type HouseRoom } from './room.ts'
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
  const loop = new Loop()
  const board = LegBoard.create()
  board.writeHouse(true, true)
  const [host, lan] = connectedPair()
  const [concentrator, fd] = connectedPair()
  const room: HouseRoom = {
    settings: {
      concentrator: { addresses: [], port: 1 },
      cookie: new Uint8Array(8),
      interfaces: { dsl: 'dsl', lte: 'lte' },
      capturePort: 1,
      poolSizeMin: 0,
      poolSizeMax: 0,
      poolLifetimeMs: 1_000,
      connectMs: 1_000,
      congestion: undefined,
      lanCongestion: undefined,
      keepalive: { idleS: 1, intervalS: 1, probes: 1 },
      descriptorsMax: 100,
    },
    loop,
    scratch: new Uint8Array(262_144),
    sendQueues: new SendQueues(loop),
    heldBytes: 0,
    board,
    table: FlowTable.create(1),
    count: new Float64Array(HOUSE_COUNTERS.length),
    flows: new Map(),
    farewellMs: -Infinity,
    closedBytes: { up: 0, down: 0 },
    tell: () => undefined,
  }
  const uplink: Uplink = { fd, leg: 'dsl', from: ANY, plain: false, row: -1 }
  const pool: Pick<Pool, 'open' | 'take' | 'succeeded' | 'failed'> = {
    open: true,
    take: () => uplink,
    succeeded: () => undefined,
    failed: () => undefined,
  }
  const idle = { onReady() {}, onTurn() {} }
  loop.watch(lan, idle)
  loop.watch(fd, idle)
  const destination = { address: knownAddress('::1'), port: 9 }
  request(room, pool as Pool, { fd: lan, destination })
  return { host, concentrator, loop, room }
}

function connectedPair(): [client: number, server: number] {
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

function settle(loop: Loop): void {
  for (let i = 0; i < 20; i++) loop.round(1)
}

const ANY = knownAddress('::')
