/**
 * How the transfers of this thread fare, counted in milliseconds: whether they wait for the lines or for the LAN.
 */

import { receiveMemory } from '../../shared/linux/socket-facts.ts'
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

/**
 * Arrived, and waiting for what one of the lines still holds. What is in order was read at once, but where a host
 * of the LAN does not take it.
 */
export function gapBytes(
  flows: Waiting['flows'],
  memoryOf: (fd: number) => number = receiveMemory,
): number {
  let bytes = 0
  let looked = 0
  for (const [{ b2a }, uplink] of flows) {
    if (uplink === undefined || b2a.bytes < LONG_BYTES || b2a.held !== undefined) continue
    bytes += memoryOf(b2a.from)
    if (++looked === LOOKED_MAX) break
  }
  return bytes
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

/** LTE helps nobody who has carried less. */
const LONG_BYTES = 65_536
/** Downloads whose memory is asked for at each look; of more, the oldest tell. */
const LOOKED_MAX = 64
