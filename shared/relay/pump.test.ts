import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mulberry32 } from '../core/chance.fake.ts'
import { FakeKernel } from '../linux/kernel.fake.ts'
import { ECONNRESET } from '../linux/kernel.ts'
import { HalfFlow, heldBytes, holdFirst, Pumped, pump } from './pump.ts'

const CHUNK = 8

test('pump() moves what is there and waits for more', () => {
  const { kernel, half, from, to, run } = painted()
  from.inbox.push(1, 2, 3)
  assert.equal(run(), Pumped.drained)
  assert.deepEqual(to.outbox, [1, 2, 3])
  assert.equal(half.readable, false)
  assert.equal(pump(kernel, half, new Uint8Array(CHUNK), CHUNK), Pumped.drained)
})

test('pump() holds what the far side will not take, and reads nothing more until it has left', () => {
  const { half, from, to, run } = painted()
  from.inbox.push(...Array.from({ length: 20 }, (_, i) => i))
  to.roomBytes = 5
  assert.equal(run(), Pumped.blocked)
  assert.equal(heldBytes(half), 3)
  assert.equal(from.inbox.length, 12)

  assert.equal(run(), Pumped.blocked, 'blocked until epoll says writable')
  assert.equal(from.inbox.length, 12)

  half.writable = true
  to.roomBytes = Number.POSITIVE_INFINITY
  assert.equal(run(), Pumped.drained)
  assert.deepEqual(
    to.outbox,
    Array.from({ length: 20 }, (_, i) => i),
  )
  assert.equal(half.bytes, 20)
})

test('pump() passes the end on only after the last held byte', () => {
  const { half, from, to, run } = painted()
  from.inbox.push(1, 2, 3)
  from.peerEnded = true
  to.roomBytes = 1
  assert.equal(run(), Pumped.blocked)
  assert.equal(to.writeEnded, false)
  half.writable = true
  to.roomBytes = 10
  assert.equal(run(), Pumped.finished)
  assert.deepEqual(to.outbox, [1, 2, 3])
  assert.equal(to.writeEnded, true)
})

test('pump() says broken, with the errno, when either side resets', () => {
  for (const side of ['from', 'to'] as const) {
    const painting = painted()
    painting.from.inbox.push(1)
    painting[side].failure = ECONNRESET
    assert.equal(painting.run(), Pumped.broken)
    assert.equal(painting.half.errno, ECONNRESET)
  }
})

test('pump() yields after one burst so that other flows have their turn', () => {
  const { kernel, half, from } = painted()
  const scratch = new Uint8Array(262_144)
  const burst = 1_048_576
  for (let i = 0; i < burst + 10; i++) from.inbox.push(7)
  assert.equal(pump(kernel, half, scratch, scratch.length), Pumped.yielded)
  assert.equal(half.bytes, burst)
})

test('holdFirst() keeps bytes of its own, and not the buffer that they are in', () => {
  const { half } = painted()
  const read = Buffer.alloc(16_384, 7)
  holdFirst(half, read.subarray(16_380))
  read.fill(0)
  assert.deepEqual(half.held, Uint8Array.of(7, 7, 7, 7))
  assert.equal(half.held.buffer.byteLength, 4)
})

test('holdFirst() puts early data in front of what is read later', () => {
  const { half, from, to, run } = painted()
  from.inbox.push(3, 4)
  holdFirst(half, Uint8Array.of(1, 2))
  assert.equal(run(), Pumped.drained)
  assert.deepEqual(to.outbox, [1, 2, 3, 4])
})

test('whatever the windows do, every byte arrives once and in order', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = mulberry32(seed)
    const { half, from, to, run } = painted()
    const sent: number[] = []
    to.roomBytes = 0
    for (let step = 0; step < 100; step++) {
      for (let n = Math.floor(random() * 12); n > 0; n--) {
        sent.push(sent.length % 251)
        from.inbox.push(sent.at(-1)!)
      }
      half.readable = true
      if (random() < 0.5) {
        to.roomBytes = Math.floor(random() * 20)
        half.writable = true
      }
      run()
      assert.ok(heldBytes(half) <= CHUNK, `held ${heldBytes(half)} with seed ${seed}`)
    }
    from.peerEnded = true
    half.readable = true
    half.writable = true
    to.roomBytes = Number.POSITIVE_INFINITY
    assert.equal(run(), Pumped.finished, `seed ${seed}`)
    assert.deepEqual(to.outbox, sent, `seed ${seed}`)
  }
})

function painted() {
  const kernel = new FakeKernel()
  const from = kernel.open(3)
  const to = kernel.open(4)
  const half = new HalfFlow(3, 4)
  const scratch = new Uint8Array(CHUNK)
  return { kernel, half, from, to, run: () => pump(kernel, half, scratch, CHUNK) }
}
