/**
 * The concentrator's end of a speed test, over real sockets on the loopback.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as libc from '../../shared/linux/libc.ts'
import { connectedPair, settle } from '../../shared/relay/loopback.fake.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { decodeConvert, encodeConvert } from '../../shared/wire/convert.ts'
import { ConvertError } from '../../shared/wire/convert-error.ts'
import {
  decodeCounts,
  encodeOrder,
  SPEED_TEST,
  SpeedTestMode,
} from '../../shared/wire/speed-test.ts'
import { whyNot } from './destination.ts'
import { goOut } from './egress.ts'
import { type FakeRoom, fakeRoom } from './room.fake.ts'
import { Seat } from './seat.ts'

const HERE = knownAddress('::1')
const YES_BYTES = encodeConvert([]).length

test('a home is sent as many bytes as it orders, and then the end', () => {
  const room = fakeRoom()
  const home = testing(room, encodeOrder({ mode: SpeedTestMode.down, bytes: 3_000_000 }))
  const buffer = new Uint8Array(1_048_576)
  let bytes = 0
  for (let got = 1; got !== 0; ) {
    room.loop.round(1)
    got = libc.recv(home, buffer)
    bytes += Math.max(0, got)
  }
  assert.equal(bytes - YES_BYTES, 3_000_000)
  libc.close(home)
  settle(room.loop)
  assert.deepEqual([room.speedTests.size, room.loop.descriptors], [0, 0])
})

test('what a home sends is counted, also what came with its order', () => {
  const room = fakeRoom()
  const order = encodeOrder({ mode: SpeedTestMode.up, bytes: 0 })
  const home = testing(room, Buffer.concat([order, Buffer.alloc(500)]))
  settle(room.loop)
  libc.send(home, new Uint8Array(1_000))
  libc.shutdownWrite(home)
  settle(room.loop)
  const counts = decodeCounts(receive(home).subarray(YES_BYTES))
  assert.equal(counts.at(-1)?.bytes, 1_500)
  libc.close(home)
})

test('an echo says what it hears, an order in pieces is understood', () => {
  const room = fakeRoom()
  const order = encodeOrder({ mode: SpeedTestMode.echo, bytes: 0 })
  const home = testing(room, order.subarray(0, 5))
  settle(room.loop)
  libc.send(home, Buffer.concat([order.subarray(5), Buffer.from('ping')]))
  settle(room.loop)
  assert.equal(receive(home).subarray(YES_BYTES).toString(), 'ping')
  libc.close(home)
  settle(room.loop)
  assert.equal(room.speedTests.size, 0)
})

test('other words are reset, and so is who says nothing', () => {
  const room = fakeRoom()
  testing(room, Buffer.from('GET / HTTP/1.1\r\n'))
  settle(room.loop)
  assert.deepEqual([room.speedTests.size, room.loop.descriptors], [0, 0])
  const tooMuch = encodeOrder({ mode: SpeedTestMode.down, bytes: 10_000_000_001 })
  testing(room, tooMuch)
  settle(room.loop)
  assert.equal(room.speedTests.size, 0)
})

test('only so many are measured at a time; the next is told to come again', () => {
  const room = fakeRoom({ descriptorsMax: 1_000 })
  const homes = Array.from({ length: 64 }, () => testing(room, new Uint8Array(0)))
  const one = testing(room, new Uint8Array(0))
  settle(room.loop)
  const answer = decodeConvert(receive(one))
  assert.ok(answer.kind === 'message' && answer.message[0]?.type === 'error')
  assert.equal(answer.message[0].code, ConvertError.resourceExceeded)
  for (const home of [...homes, one]) libc.close(home)
  settle(room.loop)
  assert.equal(room.speedTests.size, 0)
})

test('whoever is served may measure, whatever else the operator denies', () => {
  const deny = [{ address: new Uint8Array(16), bits: 0 }]
  const room = fakeRoom({ acl: { allow: [], deny } })
  assert.equal(whyNot(room, 0, SPEED_TEST), undefined)
  assert.match(whyNot(room, 0, { ...SPEED_TEST, port: 80 }) ?? '', /acl\.deny/)
})

/** A home whose connection to the speed test was admitted. */
function testing(room: FakeRoom, earlyData: Uint8Array): number {
  const [home, fd] = connectedPair()
  const seat = Seat.take(room, fd, HERE)
  assert.ok(seat !== undefined)
  seat.recognise(0, 0)
  assert.equal(seat.ask() ?? seat.connect(), undefined)
  room.loop.watch(fd, { onReady: () => undefined, onTurn: () => undefined })
  goOut(room, {
    ...SPEED_TEST,
    fd,
    seat,
    earlyData,
    subscriber: 0,
    leg: 1,
    askedKinds: undefined,
    answer: [],
  })
  return home
}

function receive(fd: number): Buffer {
  const buffer = Buffer.alloc(1_048_576)
  return buffer.subarray(0, Math.max(0, libc.recv(fd, buffer)))
}
