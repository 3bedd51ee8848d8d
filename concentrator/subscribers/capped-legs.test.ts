import assert from 'node:assert/strict'
import { test } from 'node:test'
import { legClass } from '../../shared/core/shaping.ts'
import { CappedLegs } from './capped-legs.ts'

test('a thread is told the class of a capped leg, and the main thread once that it is asked for', () => {
  const main = CappedLegs.create(3)
  main.cap(0, 1)
  main.cap(2, 2)
  const thread = new CappedLegs(main.memory)
  assert.deepEqual(main.asked(), [])
  assert.equal(thread.classOf(2, 2), legClass(2, 2))
  assert.deepEqual(main.asked(), [legClass(2, 2)])
  assert.equal(thread.classOf(2, 2), legClass(2, 2))
  assert.deepEqual(main.asked(), [])
  assert.equal(new CappedLegs(main.memory).classOf(0, 1), legClass(0, 1))
  assert.deepEqual(main.asked(), [legClass(0, 1), legClass(2, 2)])
})

test('a leg that is not capped, is none, or is nobody’s has no class', () => {
  const capped = CappedLegs.create(2)
  capped.cap(0, 1)
  for (const [subscriber, leg] of [
    [0, 2],
    [1, 1],
    [0, 0],
    [0, 3],
    [2, 1],
  ] as const) {
    assert.equal(capped.classOf(subscriber, leg), undefined, `${subscriber} ${leg}`)
  }
  assert.deepEqual(capped.asked(), [])
})
