/**
 * How the transfers of this thread fare: for how many milliseconds they wait for the lines, for the other end or for the
 * LAN, and what of downloads waits out of order.
 */
import { receiveMemory } from '../../shared/linux/socket-facts.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import type { SendQueues } from '../../shared/relay/send-queue.ts'
import { Fares, lookAt } from '../../shared/relay/waiting.ts'
import { COUNT } from './room.ts'
import type { Uplink } from './uplink.ts'

/** What is looked at: connections, where a2b is up, and the uplink of each that is bonded. */
export interface Waiting {
  readonly flows: ReadonlyMap<Pick<Flow, 'a2b' | 'b2a'>, Pick<Uplink, 'leg' | 'plain'> | undefined>
  readonly sendQueues: Pick<SendQueues, 'left'>
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
  let windowed = false
  for (const [{ a2b, b2a }, uplink] of flows) {
    const up = lookAt(a2b)
    if (up === Fares.held) held = true
    else if (up === Fares.served) served = true
    if (lookAt(b2a) === Fares.held) lanHeld = true
    if (uplink === undefined) continue
    const left = sendQueues.left(a2b)
    if (left === 'more than a block' && uplink.leg === 'dsl') unsent = true
    if (left === 'hardly anything' && up === Fares.held) windowed = true
  }
  count[COUNT.lookedMs]! += ms
  if (held) count[COUNT.upHeldMs]! += ms
  else if (served) count[COUNT.upServedMs]! += ms
  if (lanHeld) count[COUNT.lanHeldMs]! += ms
  if (unsent) count[COUNT.dslUnsentMs]! += ms
  if (windowed) count[COUNT.upWindowMs]! += ms
}

/**
 * Arrived, and waiting for what one of the lines still holds: of how many downloads, and how much together. What is
 * in order was read at once, but where a host of the LAN does not take it.
 */
export function noteGaps(
  { flows, count }: Pick<Waiting, 'count' | 'flows'>,
  memoryOf: (fd: number) => number = receiveMemory,
): void {
  let bytes = 0
  let looked = 0
  for (const [{ b2a }, uplink] of flows) {
    if (uplink === undefined || uplink.plain) continue
    if (b2a.bytes < LONG_BYTES || b2a.held !== undefined) continue
    bytes += memoryOf(b2a.from)
    if (++looked === LOOKED_MAX) break
  }
  count[COUNT.gapBytes] = bytes
  count[COUNT.gapFlows] = looked
}

/** LTE helps nobody who has carried less. */
const LONG_BYTES = 65_536
/** Downloads whose memory is asked for at each look, a microsecond each; of more, the oldest tell. */
const LOOKED_MAX = 1_024
