/**
 * The seam between a tunnel session, which has neither socket nor clock, and the thread that has both.
 *
 *     TUN ──packet──▶ session.send ──frames──▶ LegBatch ──sendmmsg──▶ a leg
 *     TUN ◀─PacketOut── session.receive ◀──datagram, from──recvmmsg── a leg
 *
 * Bytes are named by where they stand in pinned memory. Nothing here allocates, waits or throws.
 */
import type { Pinned } from '../linux/pinned.ts'
import { FRAME_OVERHEAD_BYTES } from '../wire/tunnel.ts'

/** Frames that wait for one system call. A frame has one leg, one far address and one traffic class. */
export interface LegBatch {
  readonly memory: Pinned
  /**
   * Where the next frame for this leg may be written, with room for FRAME_BYTES_MAX; -1 when the batch is
   * full and cannot be flushed now. Asked twice without a commit between, it answers the same place.
   */
  place(leg: number): number
  /**
   * The frame at the last answered place is whole. `trafficClass` is the byte of its outer header (DSCP and
   * ECN). `to` is a whole sockaddr_in6, which its session may change later: copy it.
   */
  commit(leg: number, bytes: number, trafficClass: number, to: Uint8Array): void
}

/**
 * A packet for the TUN, opened, in order, deduplicated. The memory is reused once this has returned.
 * The packet may be changed in place, and the DATA_LEAD_BYTES before it. `checksum`: the transport's is good
 * (DataFlag), or 0.
 */
export type PacketOut = (memory: Pinned, at: number, bytes: number, checksum: number) => void

/** No frame is longer. A datagram socket's buffers for one frame have this size. */
export const FRAME_BYTES_MAX = 2_048
/** The caller leaves so many bytes free before each packet: they become part of the frame, sealed in one go. */
export const PACKET_HEADROOM_BYTES = 16
/** No packet is longer, whole or put together: what stands in pinned memory is copied by its length. */
export const PACKET_BYTES_MAX = FRAME_BYTES_MAX - FRAME_OVERHEAD_BYTES
