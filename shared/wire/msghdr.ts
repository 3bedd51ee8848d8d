/**
 * A message as recvmsg takes it: struct msghdr, and the control messages that come beside the bytes.
 *
 *   struct msghdr (56 bytes)    0 name *   8 its bytes u32   16 iovec *   24 iovecs u64
 *                              32 control *   40 its bytes u64   48 flags s32
 *   struct cmsghdr (16 bytes)   0 bytes with this header u64   8 level s32   12 type s32   16 data
 *
 * Control messages begin at multiples of 8. As x64 and arm64 have it. (include/linux/socket.h)
 */
import { viewOf } from './netlink.ts'

export const MSGHDR_BYTES = 56

/** A header that asks for control messages alone: neither the sender's name nor the bytes. */
export function writeMsghdr(into: Uint8Array, control: bigint, controlBytes: number): void {
  into.fill(0, 0, MSGHDR_BYTES)
  const view = viewOf(into)
  view.setBigUint64(32, control, true)
  view.setBigUint64(40, BigInt(controlBytes), true)
}

/** How much of the control buffer the kernel has filled. */
export function controlBytesOf(msghdr: Uint8Array): number {
  return Number(viewOf(msghdr).getBigUint64(40, true))
}

export interface ControlMessage {
  readonly level: number
  readonly type: number
  /** A view into the buffer. */
  readonly data: Uint8Array
}

/** What stands in a control buffer, up to the first that is cut short. */
export function readControl(control: Uint8Array): ControlMessage[] {
  const messages: ControlMessage[] = []
  const view = viewOf(control)
  for (let at = 0; at + CMSGHDR_BYTES <= control.length; ) {
    const bytes = Number(view.getBigUint64(at, true))
    if (bytes < CMSGHDR_BYTES || at + bytes > control.length) break
    messages.push({
      level: view.getInt32(at + 8, true),
      type: view.getInt32(at + 12, true),
      data: control.subarray(at + CMSGHDR_BYTES, at + bytes),
    })
    at += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT
  }
  return messages
}

const CMSGHDR_BYTES = 16
const ALIGNMENT = 8
