/**
 * What has fallen back to plain TCP stays on its leg, and the path manager tells nothing of it: it is shaped here.
 */
import { mptcpToken } from '../../shared/linux/socket-facts.ts'
import { leaveByClass } from '../../shared/linux/sockets.ts'
import type { StreetRoom } from './room.ts'

/** A connection of that home, which began on that leg, begins to carry something. */
export function shapePlain(
  { cappedLegs }: Pick<StreetRoom, 'cappedLegs'>,
  {
    fd,
    subscriber,
    leg,
  }: { readonly fd: number; readonly subscriber: number; readonly leg: number },
): void {
  const handle = cappedLegs.classOf(subscriber, leg)
  if (handle !== undefined && mptcpToken(fd) === undefined) leaveByClass(fd, handle)
}
