import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Flow } from '../../shared/relay/flow.ts'
import { HalfFlow, holdFirst } from '../../shared/relay/pump.ts'
import { COUNT, HOUSE_COUNTERS } from './room.ts'
import { noteWaits } from './waits.ts'

test('what waits for the lines and what waits for the LAN are told apart, by the time since the last look', () => {
  const count = new Float64Array(HOUSE_COUNTERS.length)
  const { flow, up, down } = painted()
  const look = (nowMs: number) => {
    noteWaits([flow], count, nowMs)
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
  const { lookedMs, upServedMs, upHeldMs, lanHeldMs } = COUNT
  assert.deepEqual(
    [lookedMs, upServedMs, upHeldMs, lanHeldMs].map((column) => count[column]),
    [450, 100, 350, 300],
  )
})

function painted() {
  const [up, down] = [new HalfFlow(1, 2), new HalfFlow(2, 1)]
  return { flow: { a2b: up, b2a: down } as Flow, up, down }
}
