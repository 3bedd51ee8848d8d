/**
 * One issued cookie, two addresses, within a minute: each may be in order, for both lie in the prefix that
 * the cookie is bound to, but both together are a home that moves fast, or a thief. Remembered is the last
 * use for each subscriber and leg, over all data threads.
 */
import { type Source, scatter } from './source.ts'
import { TALLY_CELLS, type Tallies } from './tallies.ts'

/** Remember this use; true when the one before it was another address's, less than a minute ago. */
export function isDoubleUse(
  { cells }: Tallies,
  use: {
    readonly subscriber: number
    /** 1 or 2. */
    readonly leg: number
    readonly cookie: Uint8Array
    readonly address: Uint8Array
  },
  nowS: number,
): boolean {
  const at = use.subscriber * TALLY_CELLS + LAST_USE + (use.leg - 1) * USE_CELLS
  const seen = (digest(use.cookie) << 16) | (digest(use.address) & 0xffff)
  // One cell for both, so that no reader sees the cookie of one use with the address of another.
  const before = Atomics.exchange(cells, at, seen)
  const beforeS = Atomics.exchange(cells, at + 1, nowS)
  return before >>> 16 === seen >>> 16 && before !== seen && nowS - beforeS < DOUBLE_USE_S
}

/** Words folded one into the other: tells apart what differs, and is no secret. */
function digest(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let folded: Source = { high: bytes.length, low: 0 }
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    folded = scatter({ high: folded.high ^ view.getUint32(at), low: folded.low }, 0)
  }
  return folded.low
}

/** Cells of a subscriber's row in the tallies, behind those that tallies.ts names. */
const LAST_USE = 8
const USE_CELLS = 2
const DOUBLE_USE_S = 60
