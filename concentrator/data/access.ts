/**
 * How a home's connection came in: on which leg it began, and whether it is Multipath TCP. How many are
 * not, on which access, is the first figure of such a product.
 */
import { LEG_NUMBER } from '../../shared/core/leg.ts'
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { tiedTo } from './identify.ts'
import type { Guest } from './judge.ts'
import { COUNT, type StreetRoom } from './room.ts'

/** Of SYN data only the handshake's end tells what became of MPTCP. */
export function countAccess(room: StreetRoom, fd: number, guest: Guest): void {
  const { count, handshakes } = room
  const leg = guest.leg === 0 ? tiedTo(room, guest.address)?.leg : guest.leg
  // Scanners are no load of homes.
  const isOfHome = leg !== undefined || guest.seat.subscriber !== undefined
  count[isOfHome ? COUNT.accepted : COUNT.strangersUnknown]!++
  if (leg === LEG_NUMBER.dsl) count[COUNT.acceptedDsl]!++
  if (leg === LEG_NUMBER.lte) count[COUNT.acceptedLte]!++
  const isHandshaking = handshakes.watch(fd, () => {
    if (!isOfHome || mptcpToken(fd) !== undefined) return
    count[COUNT.plainTcp]!++
    if (leg === LEG_NUMBER.dsl) count[COUNT.plainTcpDsl]!++
    if (leg === LEG_NUMBER.lte) count[COUNT.plainTcpLte]!++
  })
  if (isHandshaking) count[COUNT.fastOpens]!++
}
