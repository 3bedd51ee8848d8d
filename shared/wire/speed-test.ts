/**
 * The speed test's own words, in a connection that Convert has opened to an address that is nobody's (ADR 0051).
 *
 *    home ─▶                       concentrator ─▶
 *    order      16 bytes           down: so many bytes, then the end
 *    up: bytes, then the end       up: a count every 100 ms, and one more at the end
 *    echo: anything                echo: the same
 *
 *    order    0x68 0x79 0x62 0x74 │ mode u8 │ zero (3) │ bytes u64
 *    count    bytes u64 │ microseconds since the first u64
 */
import { viewOf } from './netlink.ts'

export const SpeedTestMode = { down: 1, up: 2, echo: 3 } as const
export type SpeedTestMode = (typeof SpeedTestMode)[keyof typeof SpeedTestMode]

export interface SpeedTestOrder {
  readonly mode: SpeedTestMode
  /** Of `down`: what is wanted. */
  readonly bytes: number
}

export interface SpeedTestCount {
  readonly bytes: number
  readonly us: number
}

/** Discard-only (RFC 6666): no server of the Internet can have it. */
export const SPEED_TEST = {
  address: Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x5e, 0xed),
  port: 8_803,
} as const

export function isSpeedTest({
  address,
  port,
}: {
  readonly address: Uint8Array
  readonly port: number
}): boolean {
  return port === SPEED_TEST.port && SPEED_TEST.address.every((byte, i) => byte === address[i])
}

export function encodeOrder({ mode, bytes }: SpeedTestOrder): Uint8Array {
  const order = new Uint8Array(ORDER_BYTES)
  const view = viewOf(order)
  view.setUint32(0, MAGIC)
  view.setUint8(4, mode)
  view.setBigUint64(8, BigInt(bytes))
  return order
}

/** What the first bytes say. More than `ORDER_BYTES` of them may be there. */
export function decodeOrder(bytes: Uint8Array): SpeedTestOrder | 'alien' | 'incomplete' {
  if (bytes.length < ORDER_BYTES) return 'incomplete'
  const view = viewOf(bytes)
  const mode = MODES.find((one) => one === view.getUint8(4))
  if (view.getUint32(0) !== MAGIC || mode === undefined) return 'alien'
  return { mode, bytes: Number(view.getBigUint64(8)) }
}

export function encodeCount({ bytes, us }: SpeedTestCount): Uint8Array {
  const count = new Uint8Array(COUNT_BYTES)
  const view = viewOf(count)
  view.setBigUint64(0, BigInt(bytes))
  view.setBigUint64(8, BigInt(us))
  return count
}

/** The counts that are whole; what is behind the last of them is left. */
export function decodeCounts(bytes: Uint8Array): SpeedTestCount[] {
  const view = viewOf(bytes)
  return Array.from({ length: Math.floor(bytes.length / COUNT_BYTES) }, (_, i) => ({
    bytes: Number(view.getBigUint64(i * COUNT_BYTES)),
    us: Number(view.getBigUint64(i * COUNT_BYTES + 8)),
  }))
}

export const ORDER_BYTES = 16
export const COUNT_BYTES = 16
const MAGIC = 0x68_79_62_74
const MODES = Object.values(SpeedTestMode)
