import assert from 'node:assert/strict'
import { test } from 'node:test'
import { knownAddress } from '../../shared/wire/address.ts'
import { Concentrator } from './concentrator.ts'
import { Pool } from './pool.ts'
import { paintedRoom } from './room.fake.ts'
import { COUNT } from './room.ts'

test('a line that cannot be dialled on says nothing about the concentrator', () => {
  const room = paintedRoom({
    concentrator: { addresses: [knownAddress('2001:db8::1')], port: 9 },
    poolSizeMin: 1,
    poolSizeMax: 1,
  })
  const address6 = knownAddress('2001:db8::7')
  room.board.writeLeg('dsl', { up: true, ifIndex: 1, srttUs: 0, address4: undefined, address6 })
  const concentrator = new Concentrator(room)
  new Pool(room, concentrator)
  assert.equal(room.count[COUNT.uplinksFailed], 1)
  assert.equal(concentrator.open, false)
  // What servers have half-closed must not be reset for it.
  assert.equal(room.farewellMs, -Infinity)
})
