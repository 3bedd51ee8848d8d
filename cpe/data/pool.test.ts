import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FlowTable } from '../../shared/relay/flow-table.ts'
import { LegBoard } from '../../shared/relay/leg-board.ts'
import { Loop } from '../../shared/relay/loop.ts'
import { SendQueues } from '../../shared/relay/send-queue.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import { Pool } from './pool.ts'
import { COUNT, HOUSE_COUNTERS, type HouseRoom } from './room.ts'

test('a line that cannot be dialled on says nothing about the concentrator', () => {
  const loop = new Loop()
  const board = LegBoard.create()
  const address6 = knownAddress('2001:db8::7')
  board.writeHouse(true, true)
  board.writeLeg('dsl', { up: true, ifIndex: 1, srttUs: 0, address4: undefined, address6 })
  const room: HouseRoom = {
    settings: {
      concentrator: { addresses: [knownAddress('2001:db8::1')], port: 9 },
      cookie: new Uint8Array(8),
      interfaces: { dsl: 'no-such-line', lte: 'nor-this' },
      capturePort: 1,
      poolSizeMin: 1,
      poolSizeMax: 1,
      poolLifetimeMs: 1_000,
      connectMs: 1_000,
      congestion: undefined,
      lanCongestion: undefined,
      keepalive: { idleS: 1, intervalS: 1, probes: 1 },
      descriptorsMax: 100,
    },
    loop,
    scratch: new Uint8Array(262_144),
    sendQueues: new SendQueues(loop),
    heldBytes: 0,
    board,
    table: FlowTable.create(1),
    count: new Float64Array(HOUSE_COUNTERS.length),
    flows: new Map(),
    farewellMs: -Infinity,
    closedBytes: { up: 0, down: 0 },
    tell: () => undefined,
  }
  const pool = new Pool(room)
  assert.equal(room.count[COUNT.uplinksFailed], 1)
  assert.equal(pool.open, false)
  // What servers have half-closed must not be reset for it.
  assert.equal(room.farewellMs, -Infinity)
})
