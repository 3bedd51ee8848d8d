/**
 * Flows whose concentrator has died in mid-transfer. Its kernel says farewell for it, which to a flow looks
 * like a server that has finished and still listens (half-close); and where TCP answers with a reset what
 * arrives for a closed socket, MPTCP takes it in, until its buffer is full, and is silent for a minute.
 */
import type { HouseRoom } from './room.ts'

/**
 * End with a reset what the concentrator has finished, shortly after an uplink that nobody relays on was
 * closed too, or refused: a server's half-close does not do that. To be called now and then.
 */
export function endOrphans({ flows, farewellMs, loop }: HouseRoom): void {
  if (loop.nowMs - farewellMs > FAREWELL_MS) return
  for (const [flow, uplink] of flows) {
    if (uplink !== undefined && flow.b2a.finished) flow.reset()
  }
}

/** What was on its way to the home when the concentrator died arrives before its end of stream. */
const FAREWELL_MS = 5_000
