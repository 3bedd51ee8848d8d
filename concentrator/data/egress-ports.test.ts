import assert from 'node:assert/strict'
import { test } from 'node:test'
import { EgressPorts } from './egress-ports.ts'

test('an address has its ports and no more, whichever thread takes them', () => {
  const memory = new SharedArrayBuffer(8)
  const [here, there] = [new EgressPorts(memory, 3), new EgressPorts(memory, 3)]
  assert.deepEqual([here.take(0), there.take(0), here.take(0)], [true, true, true])
  assert.equal(there.take(0), false)
  assert.equal(here.take(1), true)
  there.give(0)
  assert.equal(here.take(0), true)
  assert.equal(here.take(0), false)
})
