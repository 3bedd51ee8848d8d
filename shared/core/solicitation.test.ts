import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Solicitation } from './solicitation.ts'

test('an answer ends a doubt, and the pauses in it double up to two seconds', () => {
  const asking = new Solicitation()
  assert.equal(asking.open(0), true)
  assert.equal(asking.failed(0), true)
  assert.equal(asking.open(0), false)
  assert.equal(asking.mayDial(99), false)
  assert.equal(asking.mayDial(100), true)
  assert.equal(asking.failed(100), false)
  assert.equal(asking.mayDial(299), false)
  for (let i = 0; i < 20; i++) asking.failed(1_000)
  assert.equal(asking.mayDial(2_999), false)
  assert.equal(asking.mayDial(3_000), true)
  assert.equal(asking.answered(3_000), true)
  assert.equal(asking.open(3_000), true)
  assert.equal(asking.answered(3_000), false)
})

test('the time that the concentrator named holds, whoever is answered meanwhile', () => {
  const asking = new Solicitation()
  assert.equal(asking.stop(1_000, 30_000), true)
  for (const nowMs of [1_000, 1_001, 20_000, 30_999]) {
    assert.equal(asking.answered(nowMs), false)
    asking.hurry()
    assert.equal(asking.open(nowMs), false)
    assert.equal(asking.mayDial(nowMs), false)
  }
  // Then one asks, and only its answer opens the door.
  assert.equal(asking.mayDial(31_000), true)
  assert.equal(asking.open(31_000), false)
  assert.equal(asking.answered(31_000), true)
  assert.equal(asking.open(31_000), true)
})

test('of two times the later one holds, and none is longer than Convert can say', () => {
  const asking = new Solicitation()
  asking.stop(0, 10_000)
  asking.stop(1_000, 2_000)
  assert.equal(asking.mayDial(9_999), false)
  assert.equal(asking.mayDial(10_000), true)
  asking.stop(20_000, 3_600_000)
  assert.equal(asking.mayDial(274_999), false)
  assert.equal(asking.mayDial(275_000), true)
})

test('a failure in a stop does not shorten it, and changed legs end a pause only', () => {
  const asking = new Solicitation()
  asking.stop(0, 5_000)
  assert.equal(asking.failed(100), false)
  assert.equal(asking.mayDial(4_999), false)
  asking.failed(6_000)
  assert.equal(asking.mayDial(6_000), false)
  asking.hurry()
  assert.equal(asking.mayDial(6_000), true)
})
