import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceClass } from '../../shared/core/service-class.ts'
import { knownAddress } from '../../shared/wire/address.ts'
import type { Asker } from './asker.ts'
import { Concentrator } from './concentrator.ts'
import type { Pool } from './pool.ts'
import { paintedRoom } from './room.fake.ts'
import { findWay } from './way-out.ts'

test('what is interactive begins where its first answer is soonest', () => {
  assert.deepEqual(ways('interactive', { quicker: 'dsl', dslMs: 20, lteMs: 45 }), [
    'take dsl lte',
    'dial dsl',
    'direct',
  ])
  // A warm uplink on a filled DSL is sooner than a handshake on LTE, and a new one is not.
  assert.deepEqual(ways('interactive', { quicker: 'lte', dslMs: 80, lteMs: 45 }), [
    'take lte dsl',
    'dial lte',
    'direct',
  ])
  assert.deepEqual(ways('interactive', { quicker: 'lte', dslMs: 400, lteMs: 45 }), [
    'take lte',
    'dial lte',
    'direct',
  ])
})

test('the other classes begin on their first line, whichever is the quicker', () => {
  const slow = { quicker: 'lte', dslMs: 400, lteMs: 45 } as const
  assert.deepEqual(ways('overflow', slow), ['take dsl lte', 'dial dsl', 'direct'])
  assert.deepEqual(ways('lte-only', slow), ['take lte', 'dial lte', 'direct'])
  assert.deepEqual(ways('bypass', slow), ['direct'])
})

/** What is tried for a connection of the class, where the pool is empty and nobody can be dialled. */
function ways(
  serviceClass: ServiceClass,
  { quicker, dslMs, lteMs }: { quicker: 'dsl' | 'lte'; dslMs: number; lteMs: number },
): string[] {
  const told: string[] = []
  const room = paintedRoom({ classes: { default: serviceClass, rules: [] } })
  for (const [leg, rttMs] of [['dsl', dslMs] as const, ['lte', lteMs] as const]) {
    const line = { up: true, ifIndex: 1, address4: undefined, address6: undefined }
    room.board.writeLeg(leg, { ...line, srttUs: rttMs * 1_000 })
  }
  room.board.writeQuicker(quicker)
  const pool: Pick<Pool, 'concentrator' | 'spare' | 'take'> = {
    concentrator: new Concentrator(room, (_room, leg) => {
      told.push(`dial ${leg}`)
      return -1
    }),
    spare: () => undefined,
    take: (lines) => {
      told.push(`take ${lines.join(' ')}`)
      return undefined
    },
  }
  const destination = { address: knownAddress('198.51.100.7'), port: 80 }
  const asker: Pick<Asker, 'destination' | 'direct' | 'refused' | 'traffic'> = {
    destination,
    traffic: { protocol: 'tcp', destination, source: undefined, hardware: undefined, dscp: 0 },
    direct: () => told.push('direct'),
    refused: () => told.push('refused'),
  }
  findWay(room, pool as Pool, asker as Asker)
  room.loop[Symbol.dispose]()
  return told
}
