import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeQdisc, RTM_NEWQDISC, TC_ROOT } from '../wire/tc.ts'
import { type Asked, planClasses, shape } from './tc.ts'

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

const FOREIGN = {
  ifIndex: 3,
  handle: 0x70000,
  parent: TC_ROOT,
  kind: 'pfifo',
  options: new Uint8Array(4),
}
const SHAPING = { major: 0x8810, defaultClass: undefined, classes: [line] }

test('what somebody else has set is remembered before it is replaced', () => {
  const { kernel, asked } = painted()
  const shaped = shape(kernel, 3, 'dsl', SHAPING, (replaced) => {
    assert.equal(replaced?.kind, 'pfifo')
    asked.push('remembered')
    return undefined
  })
  assert.equal(shaped.kind, 'shaped')
  assert.deepEqual(asked.slice(0, 2), ['remembered', RTM_NEWQDISC])
})

test('what cannot be remembered is not replaced, and that is said', () => {
  const { kernel, asked } = painted()
  const refused = shape(kernel, 3, 'dsl', SHAPING, () => 'no space left')
  assert.deepEqual(refused, { kind: 'refused', why: 'Cannot shape dsl: no space left' })
  assert.deepEqual(asked, [])
})

/** A kernel with a foreign discipline at the root of interface 3, which says yes to everything. */
function painted(): { kernel: Asked; asked: Array<number | string> } {
  const asked: Array<number | string> = []
  const kernel: Asked = {
    complaint: '',
    ask: (type) => {
      asked.push(type)
      return 0
    },
    list: (_type, _body, decode) => {
      const one = decode(encodeQdisc(FOREIGN))
      return one === undefined ? [] : [one]
    },
  }
  return { kernel, asked }
}
