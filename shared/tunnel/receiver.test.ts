import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pinned } from '../linux/pinned.ts'
import { DATA_LEAD_BYTES, DataFlag, HEAD_BYTES, TAG_BYTES, writeDataLead } from '../wire/tunnel.ts'
import { Halves } from './halves.ts'
import { TunnelLeg } from './leg.ts'
import { PacketStore } from './packet-store.ts'
import { Receiver } from './receiver.ts'

test('what a thread finds in one socket gives up nothing that lies in another', () => {
  const { take, tick, delivered } = receiving()
  take(1, 0, 0)
  take(2, 1, 0)
  // Number 2 is on the other leg; the thread is away until long after 3 has waited enough.
  take(1, 3, 5)
  take(1, 4, 500)
  take(2, 2, 500)
  assert.deepEqual(delivered, [0, 1, 2, 3, 4])
  tick(501)
  assert.deepEqual(delivered, [0, 1, 2, 3, 4])
})

test('when all sockets have been read, what has waited enough leaves', () => {
  const { take, tick, delivered } = receiving()
  take(1, 0, 0)
  take(2, 1, 0)
  take(1, 3, 5)
  take(1, 4, 500)
  assert.deepEqual(delivered, [0, 1])
  tick(501)
  assert.deepEqual(delivered, [0, 1, 3, 4])
})

test('halves of more than a packet may have come to nothing', () => {
  const halves = new Halves()
  const frame = pinned(4_096)
  const lead = { sentUs: 0, flow: 1, legs: 1, flags: DataFlag.half, sequence: 1 }
  assert.equal(halves.join(frame, 0, 3_000, 1, lead), 0)
  assert.equal(halves.join(frame, 0, 1_000, 2, lead), 0)
  assert.equal(halves.join(frame, 0, 1_000, 3, lead), 0)
  assert.equal(halves.join(frame, 0, 900, 4, lead), 1_900)
})

/** Both legs take a millisecond; packets say their numbers, times are milliseconds. */
function receiving() {
  const receiver = new Receiver(new PacketStore(16), 60_000)
  const legs = [1, 2].map((number) => new TunnelLeg(number))
  const frame = pinned(256)
  const delivered: number[] = []
  const out = (memory: { readonly bytes: Uint8Array }, at: number): void => {
    delivered.push(memory.bytes[at + 20]!)
  }
  const packetAt = HEAD_BYTES + DATA_LEAD_BYTES
  const take = (leg: number, sequence: number, atMs: number): void => {
    const sentUs = 1_000_000 + sequence
    const lead = { sentUs, flow: 1, legs: 0b11, flags: DataFlag.ordered, sequence }
    writeDataLead(frame.bytes, HEAD_BYTES, lead)
    frame.bytes[packetAt] = 0x45
    frame.bytes[packetAt + 20] = sequence
    const bytes = packetAt + 40 + TAG_BYTES
    receiver.take(legs[leg - 1]!, frame, 0, bytes, 0, 1_001_000 + atMs * 1_000, out)
  }
  const tick = (atMs: number): void => {
    receiver.tick(1_001_000 + atMs * 1_000, out)
  }
  return { take, tick, delivered }
}
