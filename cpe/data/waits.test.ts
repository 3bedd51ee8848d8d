import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LegName } from '../../shared/core/leg.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { COUNT, HOUSE_COUNTERS } from './room.ts'
import { gapBytes, noteWaits } from './waits.ts'

test('what waits for the lines and what waits for the LAN are told apart, by the time since the last look', () => {
  const count = new Float64Array(HOUSE_COUNTERS.length)
  const { flow, up, down } = painted()
  let unsent = false
  let leg: LegName = 'dsl'
  const look = (nowMs: number) => {
    noteWaits(
      { flows: new Map([[flow, { leg }]]), sendQueues: { unsent: () => unsent }, count },
      nowMs,
    )
    count[COUNT.turnedMs] = nowMs
  }
  // How long ago the last look was is not known at the first.
  look(5_000)
  up.bytes = 2_000_000
  look(5_100)
  holdFirst(up, new Uint8Array(1))
  holdFirst(down, new Uint8Array(1))
  look(5_400)
  down.held = undefined
  look(5_450)
  unsent = true
  look(5_470)
  leg = 'lte'
  look(5_500)
  const { lookedMs, upServedMs, upHeldMs, lanHeldMs, dslUnsentMs } = COUNT
  assert.deepEqual(
    [lookedMs, upServedMs, upHeldMs, lanHeldMs, dslUnsentMs].map((column) => count[column]),
    [500, 100, 400, 300, 20],
  )
})

test('what waits out of order is asked of long bonded downloads that the LAN takes', () => {
  const kept = (bytes: number, hold = false) => {
    const { flow, down } = painted()
    down.bytes = bytes
    if (hold) holdFirst(down, new Uint8Array(1))
    return flow
  }
  const flows = new Map<Flow, { leg: LegName } | undefined>([
    [kept(65_536), { leg: 'dsl' }],
    [kept(5_000_000), { leg: 'lte' }],
    [kept(65_535), { leg: 'dsl' }],
    [kept(5_000_000), undefined],
    [kept(5_000_000, true), { leg: 'dsl' }],
  ])
  assert.equal(
    gapBytes(flows, () => 100_000),
    200_000,
  )
  for (let i = 0; i < 1_000; i++) flows.set(kept(5_000_000), { leg: 'dsl' })
  assert.equal(
    gapBytes(flows, () => 1),
    64,
  )
})

function painted() {
  const [up, down] = [new HalfFlow(1, 2), new HalfFlow(2, 1)]
  return { flow: { a2b: up, b2a: down } as Flow, up, down }
}
