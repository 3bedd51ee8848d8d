/**
 * ② Which way a LAN connection leaves the house: over an uplink to the concentrator, as it is through the tunnel,
 * or straight out, by its rule, its service class and by whether the concentrator serves.
 */
import { linesOf } from '../../shared/core/service-class.ts'
import type { Asker } from './asker.ts'
import { noteUse } from './class-use.ts'
import type { Judged } from './classifier.ts'
import type { Pool } from './pool.ts'
import { Request } from './request.ts'
import type { HouseRoom } from './room.ts'

/** From here on the asker is answered one way or another; nobody needs to keep the request. */
export function findWay(
  room: HouseRoom,
  pool: Pool,
  asker: Asker,
  { serviceClass, carry }: Judged = room.classifier.judge(asker.traffic),
): void {
  const { board, count, loop, originMs } = room
  if (carry === 'tunnel' && serviceClass !== 'bypass' && asker.tunnelled()) return
  noteUse(count, serviceClass, originMs + loop.nowMs)
  const lines = linesOf(serviceClass, board.quicker)
  // The one line that it may use is dead.
  if (lines.length === 1 && !lines.some((leg) => board.leg(leg).up)) {
    return asker.refused('unreachable')
  }
  if (!pool.concentrator.open || serviceClass === 'bypass') return asker.direct()
  // Warm ones stand on DSL, and one dialled on LTE has a handshake before it.
  const { dsl, lte } = { dsl: board.leg('dsl'), lte: board.leg('lte') }
  const dials = lines[0] === 'lte' && dsl.srttUs > DIALLED_TRIPS * lte.srttUs
  const warm = pool.take(dials ? ['lte'] : lines)
  const uplink = warm ?? pool.concentrator.dial(lines)
  if (typeof uplink === 'number') return asker.direct()
  new Request(room, pool, { asker, serviceClass }, uplink, warm !== undefined).begin()
}

/** Of LTE, until the first byte of an answer; a warm uplink takes one of DSL. */
const DIALLED_TRIPS = 2
