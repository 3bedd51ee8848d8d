/**
 * What a session has counted and measured goes to the board, where others see it.
 */
import { LEG_NUMBER, LEGS } from '../../shared/core/leg.ts'
import type { TunnelSession } from '../../shared/tunnel/session.ts'
import { TUNNEL_COUNT } from './tunnel-board.ts'

/** `row` is the thread's own. */
export function publishSession(
  { sender, receiver, opener, legs }: TunnelSession,
  row: Float64Array,
): void {
  row[TUNNEL_COUNT.packetsWaitedTooLong] = sender.late
  row[TUNNEL_COUNT.framesCopied] = sender.emitter.copies
  const { held, late, duplicate, notEct } = receiver.counts
  row[TUNNEL_COUNT.packetsReordered] = held
  row[TUNNEL_COUNT.packetsOutOfOrder] = late
  row[TUNNEL_COUNT.packetsDuplicate] = duplicate
  row[TUNNEL_COUNT.packetsMarkedInVain] = notEct
  const { alien, foreign, replayed, forged } = opener.counts
  row[TUNNEL_COUNT.framesAlien] = alien
  row[TUNNEL_COUNT.framesForeign] = foreign
  row[TUNNEL_COUNT.framesReplayed] = replayed
  row[TUNNEL_COUNT.framesForged] = forged
  for (const name of LEGS) {
    const leg = legs.of(LEG_NUMBER[name])
    if (leg === undefined) continue
    row[TUNNEL_COUNT[`${name}RttUs`]] = leg.isMeasured ? Math.round(leg.path.srttUs) : 0
    row[TUNNEL_COUNT[`${name}UpQueueUs`]] = leg.rate.queueUs
    row[TUNNEL_COUNT[`${name}UpBytesPerMs`]] = Math.round(leg.rate.rate)
    const lost = TUNNEL_COUNT[`${name}DownLost`]
    row[lost] = lostNow(row[lost]!, leg.counts.lost)
    row[TUNNEL_COUNT[`${name}DownMarked`]] = leg.counts.marked
  }
}

/**
 * `lost` of a session, modulo 2^32, is less by one when a frame that was missed comes after all. What others are shown
 * only grows, for to them a counter that shrinks has begun anew: it waits. Far less is another session's.
 */
export function lostNow(shown: number, lost: number): number {
  const now = Math.max(0, lost | 0)
  return now < shown && shown - now <= LATE_MAX ? shown : now
}

/** More frames of one leg do not come late. */
const LATE_MAX = 1_024
