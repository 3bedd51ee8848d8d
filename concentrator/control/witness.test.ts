import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Witness } from './witness.ts'

test('what was seen of a home is what came since its report before, and nothing of the first', () => {
  const waits = { held: 1_000, served: 0, server: 0, window: 0 }
  const witness = new Witness({ read: () => ({ ...waits }) }, { look: () => 0.25 })
  const home = { id: 'home-1', number: 4 }
  witness.lookAtProcessor(0)
  assert.equal(witness.testify(home, 0), undefined)
  waits.held += 9_000
  assert.deepEqual(witness.testify(home, 10_000), {
    processorShare: 0.25,
    down: { heldShare: 0.9, servedShare: 0, windowShare: 0 },
    serverHeldShare: 0,
  })
})

test('a home that was away for long, or comes twice at once, is not testified of', () => {
  const witness = new Witness(
    { read: () => ({ held: 0, served: 0, server: 0, window: 0 }) },
    { look: () => 0 },
  )
  const home = { id: 'home-1', number: 4 }
  witness.testify(home, 0)
  assert.equal(witness.testify(home, 500_000), undefined)
  assert.equal(witness.testify(home, 500_001), undefined)
  assert.notEqual(witness.testify(home, 510_001), undefined)
})
