import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TC_ROOT } from '../wire/tc.ts'
import { planClasses } from './tc.ts'

const line = {
  handle: 1,
  parent: TC_ROOT,
  rateBytesPerS: 1_000,
  ceilBytesPerS: 1_000,
  burstBytes: 3_000,
  priority: 0,
  queueBytes: undefined,
}
const bulk = { ...line, handle: 2, parent: 1, queueBytes: 5_000 }
const home = { ...bulk, handle: 3, parent: TC_ROOT }

test('where everything is as it should be, nothing is done', () => {
  const plan = planClasses([line, bulk], [line, bulk])
  assert.deepEqual(plan, { write: [], queues: [], remove: [], anew: false })
})

test('what is missing is made, parents first', () => {
  const { write, queues, anew } = planClasses([line, bulk], [])
  assert.deepEqual([write, queues, anew], [[line, bulk], [bulk], false])
})

test('another rate is written into its place, and the queue stays if it fits', () => {
  const faster = { ...bulk, ceilBytesPerS: 2_000 }
  assert.deepEqual(planClasses([line, faster], [line, bulk]), {
    write: [faster],
    queues: [],
    remove: [],
    anew: false,
  })
})

test('a queue of another size, or none, is made', () => {
  const longer = { ...bulk, queueBytes: 9_000 }
  assert.deepEqual(planClasses([line, longer], [line, bulk]).queues, [longer])
  assert.deepEqual(planClasses([bulk], [{ ...bulk, queueBytes: undefined }]).queues, [bulk])
})

test('a fair queue sizes itself', () => {
  const fair = { ...bulk, queueBytes: undefined, fair: true }
  assert.deepEqual(planClasses([line, bulk], [line, fair]).queues, [])
})

test('a class that nobody wants any more goes, and the others do not notice', () => {
  const plan = planClasses([bulk], [bulk, home])
  assert.deepEqual(plan, { write: [], queues: [], remove: [home.handle], anew: false })
})

test('a class that stands under another parent, or has others under it, makes a new beginning', () => {
  const moved = planClasses([{ ...bulk, parent: TC_ROOT }], [line, bulk])
  assert.equal(moved.anew, true)
  const parentGone = planClasses([home], [line, bulk, home])
  assert.deepEqual(parentGone, { write: [home], queues: [home], remove: [], anew: true })
})
