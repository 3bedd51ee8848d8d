/**
 * How the transfers of this thread fare, counted in milliseconds: whether they wait for the lines or for the LAN.
 */
import type { Flow } from '../../shared/relay/flow.ts'
import { Fares, lookAt } from '../../shared/relay/waiting.ts'
import { COUNT } from './room.ts'

/** Look at all flows, where a2b is up; `nowMs` of the clock that `turnedMs` is on, not yet written at this look. */
export function noteWaits(flows: Iterable<Flow>, count: Float64Array, nowMs: number): void {
  const turnedMs = count[COUNT.turnedMs]!
  const ms = turnedMs === 0 ? 0 : nowMs - turnedMs
  let held = false
  let served = false
  let lanHeld = false
  for (const { a2b, b2a } of flows) {
    const up = lookAt(a2b)
    if (up === Fares.held) held = true
    else if (up === Fares.served) served = true
    if (lookAt(b2a) === Fares.held) lanHeld = true
  }
  count[COUNT.lookedMs]! += ms
  if (held) count[COUNT.upHeldMs]! += ms
  else if (served) count[COUNT.upServedMs]! += ms
  if (lanHeld) count[COUNT.lanHeldMs]! += ms
}
