/**
 * A flow between real sockets on the loopback, driven round by round.
 *
 *    near ──── a  Flow  b ──── far        (near and far are the test's own ends)
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { EAGAIN, ECONNRESET } from '../linux/kernel.ts'
import * as libc from '../linux/libc.ts'
import { resetAndClose } from '../linux/sockets.ts'
import { Flow, type FlowRoom } from './flow.ts'
import { Loop } from './loop.ts'
import { connectedPair, settle } from './loopback.fake.ts'
import { HalfFlow } from './pump.ts'
import { SendQueues } from './send-queue.ts'

test('every byte arrives, both ways at once, through a reader that stalls', () => {
  const { near, far, loop, ended } = relayed()
  const up = new Sender(near, 6_000_000, 1)
  const down = new Sender(far, 5_000_000, 2)
  const atFar = new Receiver(far)
  const atNear = new Receiver(near)
  for (let round = 0; round < 100_000 && !(atFar.over && atNear.over); round++) {
    up.send()
    down.send()
    loop.round(0)
    // The far side reads only now and then: the relay must hold and wait, not drop or spin.
    if (round % 7 === 0) atFar.read()
    atNear.read()
  }
  assert.equal(atFar.digest(), up.digest())
  assert.equal(atNear.digest(), down.digest())
  loop.round(0)
  assert.deepEqual(ended, ['closed'])
  assert.equal(loop.descriptors, 0)
  libc.close(near)
  libc.close(far)
})

test('half-close: one side ends and still hears the other', () => {
  const { near, far, loop, ended } = relayed()
  libc.shutdownWrite(near)
  settle(loop)
  assert.equal(libc.recv(far, new Uint8Array(8)), 0)
  libc.send(far, Uint8Array.of(1, 2, 3))
  settle(loop)
  assert.equal(libc.recv(near, new Uint8Array(8)), 3)
  assert.deepEqual(ended, [])
  libc.shutdownWrite(far)
  settle(loop)
  assert.deepEqual(ended, ['closed'])
  libc.close(near)
  libc.close(far)
})

for (const [name, prepare] of [
  ['in mid-flow', () => undefined],
  ['after the other side has ended', (far: number) => libc.shutdownWrite(far)],
] as const) {
  test(`a reset becomes a reset, ${name}`, () => {
    const { near, far, loop, ended } = relayed()
    prepare(far)
    settle(loop)
    resetAndClose(near)
    settle(loop)
    assert.equal(libc.recv(far, new Uint8Array(8)), -ECONNRESET)
    assert.deepEqual(ended, ['reset'])
    assert.equal(loop.descriptors, 0)
    libc.close(far)
  })
}

test('a reader that never reads costs a bounded piece of memory', () => {
  const { near, far, loop, room } = relayed()
  const up = new Sender(near, 50_000_000, 3)
  for (let round = 0; round < 2_000; round++) {
    up.send()
    loop.round(0)
  }
  assert.ok(up.sent < 50_000_000, 'the kernel windows and one held chunk are all that is taken')
  assert.ok(room.heldBytes > 0 && room.heldBytes <= 262_144, `${room.heldBytes} bytes held`)
  resetAndClose(near)
  settle(loop)
  assert.equal(room.heldBytes, 0)
  libc.close(far)
})

function relayed() {
  const loop = new Loop()
  const room: FlowRoom = {
    loop,
    scratch: new Uint8Array(262_144),
    sendQueues: new SendQueues(loop),
    heldBytes: 0,
  }
  const [near, a] = connectedPair()
  const [far, b] = connectedPair()
  const ended: string[] = []
  const flow = new Flow(room, new HalfFlow(a, b), new HalfFlow(b, a), (_flow, reset) =>
    ended.push(reset ? 'reset' : 'closed'),
  )
  const idle = { onReady() {}, onTurn() {} }
  loop.watch(a, idle)
  loop.watch(b, idle)
  flow.begin()
  return { near, far, loop, room, ended }
}

class Sender {
  sent = 0
  readonly #fd: number
  readonly #bytes: Uint8Array
  #ended = false

  constructor(fd: number, bytes: number, seed: number) {
    this.#fd = fd
    // 251 is prime, so no chunk size hides a shift.
    this.#bytes = Buffer.alloc(
      bytes,
      Uint8Array.from({ length: 251 }, (_, i) => i * seed),
    )
  }

  send(): void {
    if (this.#ended) return
    const taken = libc.send(this.#fd, this.#bytes.subarray(this.sent, this.sent + 100_000))
    if (taken > 0) this.sent += taken
    if (this.sent < this.#bytes.length) return
    libc.shutdownWrite(this.#fd)
    this.#ended = true
  }

  digest(): string {
    return createHash('sha256').update(this.#bytes).digest('hex')
  }
}

class Receiver {
  over = false
  readonly #fd: number
  readonly #hash = createHash('sha256')
  readonly #buffer = new Uint8Array(65_536)

  constructor(fd: number) {
    this.#fd = fd
  }

  read(): void {
    while (!this.over) {
      const got = libc.recv(this.#fd, this.#buffer)
      if (got === -EAGAIN) return
      if (got <= 0) this.over = true
      else this.#hash.update(this.#buffer.subarray(0, got))
    }
  }

  digest(): string {
    return this.#hash.copy().digest('hex')
  }
}
