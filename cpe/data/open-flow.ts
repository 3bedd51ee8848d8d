/**
 * ③ Both doors are open: from here on the relay moves bytes by itself.
 */
import { countLasting } from '../../shared/core/flow-lasting.ts'
import { Flow } from '../../shared/relay/flow.ts'
import type { HalfFlow } from '../../shared/relay/pump.ts'
import { COUNT, type HouseRoom } from './room.ts'
import { forgetUplink, type Uplink } from './uplink.ts'

/** `uplink` is undefined where the flow goes out unbonded. */
export function openFlow(
  room: HouseRoom,
  up: HalfFlow,
  down: HalfFlow,
  uplink: Uplink | undefined,
): void {
  const beganMs = room.loop.nowMs
  const flow = new Flow(room, up, down, (ended, reset) => {
    room.flows.delete(ended)
    room.sendQueues.forget(up)
    const { count, closedBytes } = room
    closedBytes.up += ended.a2b.bytes
    closedBytes.down += ended.b2a.bytes
    countLasting(count, COUNT, room.loop.nowMs - beganMs)
    count[COUNT.flowsOpen]!--
    count[reset ? COUNT.flowsReset : COUNT.flowsClosed]!++
    if (uplink !== undefined) forgetUplink(room, uplink)
  })
  room.flows.set(flow, uplink)
  if (uplink !== undefined) room.sendQueues.keep(up)
  flow.begin()
}
