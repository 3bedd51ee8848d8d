/**
 * What one thread of the tunnel counts over all its sessions, and where others see it.
 */
import { Counters } from '../../shared/relay/counters.ts'
import { noOpenCounts } from '../../shared/tunnel/opener.ts'
import { noReceiveCounts } from '../../shared/tunnel/receiver.ts'
import { STREET_TUNNEL_COUNTERS, TUNNELLED } from './tunnel-room.ts'

export class TunnelTally {
  /** The row of the table that all threads see: `row[TUNNELLED.spoofed]++`. */
  readonly row: Float64Array
  /** The sessions count here, all of them together. */
  readonly opened = noOpenCounts()
  readonly received = noReceiveCounts()

  /** `memory` is the table's. */
  constructor(memory: SharedArrayBuffer) {
    this.row = new Counters(STREET_TUNNEL_COUNTERS, 1, memory).row(0)
  }

  /** The end of a round: what the sessions and the doors have counted, for others to see. */
  show(doors: { readonly sentBytes: number; readonly unsent: number }): void {
    const { row, opened, received } = this
    row[TUNNELLED.downBytes] = doors.sentBytes
    row[TUNNELLED.framesUnsent] = doors.unsent
    row[TUNNELLED.alien] = opened.alien
    row[TUNNELLED.foreign] = opened.foreign
    row[TUNNELLED.replayed] = opened.replayed
    row[TUNNELLED.forged] = opened.forged
    row[TUNNELLED.duplicate] = received.duplicate
    row[TUNNELLED.late] = received.late
    row[TUNNELLED.notEct] = received.notEct
    row[TUNNELLED.held] = received.held
  }
}
