import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UnsentLegs } from './unsent-legs.ts'

test('what one thread has found is known to another for a moment, of that leg of that home', () => {
  const found = UnsentLegs.create(3)
  const asked = new UnsentLegs(found.memory)
  assert.equal(asked.has(1, 1, 0), false, 'never')
  found.note(1, 1, 1_000)
  assert.equal(asked.has(1, 1, 1_000), true)
  assert.equal(asked.has(1, 1, 1_249), true)
  assert.equal(asked.has(1, 1, 1_251), false)
  assert.deepEqual(
    [asked.has(1, 2, 1_001), asked.has(0, 1, 1_001), asked.has(2, 1, 1_001)],
    [false, false, false],
  )
  found.note(1, 1, 1_200)
  assert.equal(asked.has(1, 1, 1_300), true)
})

test('a connection of which nobody knows the leg says nothing, and a clock may begin anew', () => {
  const unsent = UnsentLegs.create(1)
  unsent.note(0, 0, 1_000)
  unsent.note(0, 3, 1_000)
  for (const leg of [0, 1, 2, 3]) assert.equal(unsent.has(0, leg, 1_000), false, `${leg}`)
  unsent.note(0, 2, 2 ** 32 - 1)
  assert.equal(unsent.has(0, 2, 2 ** 32 + 100), true)
  assert.equal(unsent.has(0, 2, 2 ** 32 + 400), false)
})
