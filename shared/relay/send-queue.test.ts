/**
 * Looks at painted sockets: when a buffer is set, and what is told of what is unsent.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import type { SubflowLoad } from '../core/send-queue.ts'
import { Loop } from './loop.ts'
import { HalfFlow } from './pump.ts'
import { SendQueues } from './send-queue.ts'

test('a buffer is set when the rate has stood for some round trips, and not while it grows', async () => {
  const { line, looks, set } = painted()
  line.rttMs = 40
  for (const bytesPerMs of [300, 1_000, 3_000]) {
    line.bytesPerMs = bytesPerMs
    await looks(1)
  }
  assert.deepEqual(set, [], 'it grows')
  line.bytesPerMs = 6_000
  await looks(1)
  assert.deepEqual(set, [], 'it has grown since the rate that is three round trips old')
  await looks(4)
  assert.ok(set[0] !== undefined && set[0] > 240_000, set.join())
})

test('what is unsent is told from the last look, and of nothing that has stopped', async () => {
  const { queues, half, line, looks, much } = painted()
  assert.equal(queues.left(half), undefined)
  await looks(2)
  assert.equal(queues.left(half), 'more than a block')
  assert.equal(much(), 2, 'it is told at each look')
  line.unsentBytes = 0
  await looks(1)
  assert.equal(queues.left(half), 'hardly anything')
  assert.equal(much(), 2)
  await looks(1, 0)
  assert.equal(queues.left(half), undefined)
  await looks(1)
  queues.forget(half)
  assert.equal(queues.left(half), undefined)
})

function painted() {
  const loop = new Loop()
  const half = new HalfFlow(1, 2)
  const line = {
    rttMs: 20,
    windowBytes: 100_000,
    unsentBytes: 700_000,
    bytesPerMs: 6_000,
    silentMs: 0,
  }
  const set: number[] = []
  const loadsOf = (): readonly SubflowLoad[] => [line]
  const setSendBuffer = (_fd: number, bytes: number) => set.push(bytes)
  const queues = new SendQueues(loop, { loadsOf, setSendBuffer })
  loop.round(0)
  let muchs = 0
  queues.keep(half, () => muchs++)
  /** So many, with as much moved before each; one is due every 100 ms. */
  const looks = async (times: number, bytes = 600_000) => {
    for (let i = 0; i < times; i++) {
      half.bytes += bytes
      await pause(130)
      loop.round(0)
    }
  }
  return { queues, half, line, looks, set, much: () => muchs }
}
