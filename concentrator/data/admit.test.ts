/**
 * The concentrator's door in, between real sockets on the loopback: `home` is the test's own end.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as libc from '../../shared/linux/libc.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { type ConvertMessage, decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import { admit } from './admit.ts'
import { EgressPorts } from './egress-ports.ts'
import { FlowLifetimes } from './flow-lifetimes.ts'
import { COUNT, STREET_COUNTERS, type StreetRoom } from './room.ts'

const COOKIE = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
const HELLO: ConvertMessage = [{ type: 'info' }, { type: 'cookie', cookie: COOKIE }]

test('a hello is answered, and keeps the connection warm', () => {
  const { home, room } = admitted()
  assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  assert.equal(room.pooled.get(0), 1)
  assert.equal(room.loop.descriptors, 1)
  libc.close(home)
  settle(room.loop)
  assert.equal(room.pooled.size, 0)
  assert.equal(room.loop.descriptors, 0)
})

test('one warm connection too many hears no, and nothing before it', () => {
  const { home, room } = admitted()
  room.pooled.set(0, 64)
  assert.deepEqual(said(home, room, HELLO), [ConvertError.resourceExceeded])
  assert.equal(room.pooled.get(0), 64)
  libc.close(home)
})

test('who says hello for ever takes no more of the thread than once', () => {
  const { home, room } = admitted()
  assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  libc.send(home, Buffer.concat(Array.from({ length: 500 }, () => encodeConvert(HELLO))))
  settle(room.loop)
  assert.equal(room.count[COUNT.hellos], 2)
  assert.equal(room.count[COUNT.refused], 1)
  assert.equal(room.pooled.size, 0)
  libc.close(home)
})

test('a warm connection that shows another cookie gives its place back', () => {
  const { home, room } = admitted()
  assert.deepEqual(said(home, room, HELLO), ['supportedTcpExtensions'])
  const stranger: ConvertMessage = [{ type: 'cookie', cookie: new Uint8Array(8) }]
  assert.deepEqual(said(home, room, stranger), [ConvertError.notAuthorized])
  assert.equal(room.pooled.size, 0)
  assert.equal(room.count[COUNT.pooled], 0)
  libc.close(home)
})

test('what asks for nothing is echoed without the data behind it', () => {
  const { home, room } = admitted()
  libc.send(home, Buffer.concat([encodeConvert([]), Buffer.from('secret')]))
  settle(room.loop)
  const buffer = new Uint8Array(1_020)
  const answer = buffer.subarray(0, libc.recv(home, buffer))
  assert.equal(Buffer.from(answer).toString('hex'), '010322631e02010001012263')
  libc.close(home)
})

function admitted() {
  const loop = new Loop()
  const room: StreetRoom = {
    settings: {
      listen: [],
      cookies: [COOKIE],
      acl: { allow: [], deny: [] },
      convertWaitMs: 1_000,
      connectMs: 1_000,
      poolHelloIdleMs: 1_000,
      congestion: undefined,
      keepalive: { idleS: 1, intervalS: 1, probes: 1, accessIdleS: 1 },
      descriptorsMax: 100,
      flowIdleMs: 10_000,
      egress: {
        addresses: [],
        choices: [],
        portsMax: 1,
        portsTaken: new SharedArrayBuffer(0),
        honoured: [30],
        announced: [30],
        multipath: 'asked',
      },
    },
    loop,
    scratch: new Uint8Array(262_144),
    sendQueues: new SendQueues(loop),
    lifetimes: new FlowLifetimes(loop, 10_000, () => undefined),
    egressPorts: new EgressPorts(new SharedArrayBuffer(0), 1),
    heldBytes: 0,
    count: new Float64Array(STREET_COUNTERS.length),
    flows: new Set(),
    closedBytes: { up: 0, down: 0 },
    subscriberOf: (cookie) => (Buffer.compare(cookie, COOKIE) === 0 ? 0 : undefined),
    pooled: new Map(),
    tell: () => undefined,
  }
  const [home, access] = connectedPair()
  admit(room, access)
  return { home, room }
}

/** What the first message of the answer holds: the types of its TLVs, or an error's code. */
function said(home: number, room: StreetRoom, message: ConvertMessage) {
  libc.send(home, encodeConvert(message))
  settle(room.loop)
  const buffer = new Uint8Array(1_020)
  const got = libc.recv(home, buffer)
  const answer = decodeConvert(buffer.subarray(0, Math.max(0, got)))
  assert.ok(answer.kind === 'message')
  return answer.message.map((tlv) => (tlv.type === 'error' ? tlv.code : tlv.type))
}
