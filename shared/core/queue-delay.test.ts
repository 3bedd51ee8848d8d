import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QueueDelay } from './queue-delay.ts'

test('a queue counts when three answers in a row had it, and is gone with the first that has not', () => {
  const queue = new QueueDelay()
  assert.deepEqual(play(queue, [21, 20, 22, 55, 58, 61, 60, 22, 59, 60, 60]), [
    undefined,
    undefined,
    0,
    0,
    2,
    35,
    38,
    2,
    2,
    2,
    39,
  ])
})

test('old answers tell nothing of a queue', () => {
  const queue = new QueueDelay()
  play(queue, [20, 60, 60, 60])
  assert.equal(queue.standingMs(200), 40)
  assert.equal(queue.standingMs(600), undefined)
})

test('a line whose round trip has grown for good is not full for ever', () => {
  const queue = new QueueDelay()
  play(queue, [20, 20, 20])
  let atMs = 150
  for (; atMs < 1_810_000; atMs += 100) queue.heard(50, 'busy', atMs)
  assert.equal(queue.standingMs(atMs), 0)
})

test('another path begins with its own floor', () => {
  const queue = new QueueDelay()
  play(queue, [20, 20, 20])
  queue.forget()
  assert.equal(queue.floorMs, Infinity)
  assert.deepEqual(play(queue, [80, 81, 82]), [undefined, undefined, 0])
})

test('the floor of a line is known once it was quiet', () => {
  const queue = new QueueDelay()
  play(queue, [50, 50, 50])
  assert.equal(queue.floorKnown, false)
  queue.heard(20, 'quiet', 200)
  assert.equal(queue.floorKnown, true)
  queue.forget()
  assert.equal(queue.floorKnown, false)
})

/** An answer every 50 ms, and the queue after each. */
function play(queue: QueueDelay, rttsMs: readonly number[]): Array<number | undefined> {
  return rttsMs.map((rttMs, i) => {
    queue.heard(rttMs, 'busy', i * 50)
    return queue.standingMs(i * 50)
  })
}
