import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinned } from '../linux/pinned.ts'
import { PACKET_BYTES_MAX } from './batch.ts'
import { PacketStore } from './packet-store.ts'

test('a packet that is longer than its place takes none, and leaves its neighbour alone', () => {
  const store = new PacketStore(2)
  const from = pinned(4_096)
  const slots = [store.put(from, 0, 100, 0)]
  from.bytes.fill(0xff)
  slots.push(store.put(from, 0, PACKET_BYTES_MAX + 1, 0))
  slots.push(store.put(from, 0, PACKET_BYTES_MAX, 0))
  assert.deepEqual(slots, [1, -1, 0])
  const at = store.at(1)
  assert.ok(store.memory.bytes.subarray(at, at + 100).every((byte) => byte === 0))
})
