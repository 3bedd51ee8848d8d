import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LegName } from '../../shared/core/leg.ts'
import type { LeftUnsent } from '../../shared/core/send-queue.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { COUNT, HOUSE_COUNTERS } from './room.ts'
import { noteGaps, noteWaits } from './waits.ts'

test('what waits for the lines and what waits for the LAN are told apart, by the time since the last look', () => {
  const count = new Float64Array(HOUSE_COUNTERS.length)
  const { flow, up, down } = painted()
  let left: LeftUnsent | undefined = 'something'
  let leg: LegName = 'dsl'
  const look = (nowMs: number) => {
    noteWaits(
      {
        flows: new Map([[flow, { leg, plain: false }]]),
        sendQueues: { left: () => left },
        count,
      },
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
  left = 'more than a block'
  look(5_470)
  leg = 'lte'
  look(5_490)
  left = 'something'
  leg = 'dsl'
  look(5_500)
  left = 'hardly anything'
  look(5_510)
  up.held = undefined
  look(5_600)
  const { lookedMs, upServedMs, upHeldMs, lanHeldMs, dslUnsentMs, upWindowMs } = COUNT
  assert.deepEqual(
    [lookedMs, upServedMs, upHeldMs, lanHeldMs, dslUnsentMs, upWindowMs].map(
      (column) => count[column],
    ),
    [600, 100, 410, 300, 20, 10],
  )
})

test('what waits out of order is asked of long bonded downloads that the LAN takes', () => {
  const kept = (bytes: number, hold = false) => {
    const { flow, down } = painted()
    down.bytes = bytes
    if (hold) holdFirst(down, new Uint8Array(1))
    return flow
  }
  const bonded = { leg: 'dsl', plain: false, row: 1 } as const
  const flows = new Map<Flow, { leg: LegName; plain: boolean; row: number } | undefined>([
    [kept(65_536), bonded],
    [kept(5_000_000), { ...bonded, leg: 'lte' }],
    [kept(65_535), bonded],
    [kept(5_000_000), { ...bonded, plain: true }],
    [kept(5_000_000), undefined],
    [kept(5_000_000, true), bonded],
  ])
  const count = new Float64Array(HOUSE_COUNTERS.length)
  noteGaps({ flows, count }, () => 100_000)
  assert.deepEqual([count[COUNT.gapFlows], count[COUNT.gapBytes]], [2, 200_000])
  for (let i = 0; i < 2_000; i++) flows.set(kept(5_000_000), bonded)
  noteGaps({ flows, count }, () => 1)
  assert.deepEqual([count[COUNT.gapFlows], count[COUNT.gapBytes]], [1_024, 1_024])
})

function painted() {
  const [up, down] = [new HalfFlow(1, 2), new HalfFlow(2, 1)]
  return { flow: { a2b: up, b2a: down } as Flow, up, down }
}
