/**
 * How the transfers of this thread fare, counted in milliseconds: whether they wait for the lines or for the LAN.
 */
import type { Flow } from '../../shared/relay/flow.ts'
import type { SendQueues } from '../../shared/relay/send-queue.ts'
import { Fares, lookAt } from '../../shared/relay/waiting.ts'
import { COUNT } from './room.ts'
import type { Uplink } from './uplink.ts'

/** What is looked at: connections, where a2b is up, and the uplink of each that is bonded. */
export interface Waiting {
  readonly flows: ReadonlyMap<Pick<Flow, 'a2b' | 'b2a'>, Pick<Uplink, 'leg'> | undefined>
  readonly sendQueues: Pick<SendQueues, 'unsent'>
  readonly count: Float64Array
}

/** Look at all flows; `nowMs` of the clock that `turnedMs` is on, not yet written at this look. */
export function noteWaits({ flows, sendQueues, count }: Waiting, nowMs: number): void {
  const turnedMs = count[COUNT.turnedMs]!
  const ms = turnedMs === 0 ? 0 : nowMs - turnedMs
  let held = false
  let served = false
  let lanHeld = false
  let unsent = false
  for (const [{ a2b, b2a }, uplink] of flows) {
    const up = lookAt(a2b)
    if (up === Fares.held) held = true
    else if (up === Fares.served) served = true
    if (lookAt(b2a) === Fares.held) lanHeld = true
    unsent ||= uplink?.leg === 'dsl' && sendQueues.unsent(a2b)
  }
  count[COUNT.lookedMs]! += ms
  if (held) count[COUNT.upHeldMs]! += ms
  else if (served) count[COUNT.upServedMs]! += ms
  if (lanHeld) count[COUNT.lanHeldMs]! += ms
  if (unsent) count[COUNT.dslUnsentMs]! += ms
}
