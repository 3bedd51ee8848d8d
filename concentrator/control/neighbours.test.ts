import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KeptRecord } from '../subscribers/keeper.ts'
import { Neighbours } from './neighbours.ts'
import type { Pointer } from './session-owner.ts'

const NOW_MS = Date.UTC(2026, 10, 26)

test('homes are told of those that are heard, announced and not being taken out, the least priority first', () => {
  const told: Pointer[] = []
  const neighbours = new Neighbours(300, (pointer) => told.push(pointer))
  const records = [
    record('b', {}, { priority: 20 }),
    record('a', {}, { priority: 20 }),
    record('c', {}),
    record('drains', { draining: true }),
    record('dead', { seen: new Date(NOW_MS - 31_000).toISOString() }),
    record('odd', {}, { pin: 'none' }),
    { id: 'quiet', version: 0, body: { seen: new Date(NOW_MS).toISOString() } },
  ]
  neighbours.hear(records, NOW_MS)
  neighbours.hear(records, NOW_MS)
  assert.equal(told.length, 1)
  assert.deepEqual(
    told[0]?.list.map(({ name }) => name),
    ['c', 'a', 'b'],
  )
  neighbours.drain(true)
  assert.deepEqual([told[1]?.draining, told[1]?.leaveS], [true, 300])
  neighbours.drain(false)
  assert.equal(told[2]?.draining, false)
})

function record(id: string, body: object, announced: object = {}): KeptRecord {
  const pin = `sha256//${'A'.repeat(43)}=`
  const reach = { addresses: ['192.0.2.1'], port: 1, session: 2, pin, priority: 10, weight: 1 }
  return {
    id,
    version: 0,
    body: {
      draining: false,
      seen: new Date(NOW_MS).toISOString(),
      ...body,
      announced: { ...reach, ...announced },
    },
  }
}
