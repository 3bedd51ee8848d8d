/**
 * The legs of a session, and which of them may be used now.
 */
import type { Path } from '../core/datagram-scheduler.ts'
import { LEGS } from './key-ring.ts'
import { TunnelLeg } from './leg.ts'

/** Which of the legs can take a packet of some length. */
export const Fit = { none: 0, tooLong: 1, some: 2 } as const
export type Fit = (typeof Fit)[keyof typeof Fit]

export class Legs {
  readonly list: TunnelLeg[] = []
  /** `paths[i]` is the path of `list[i]`. */
  readonly paths: Path[] = []
  readonly #byNumber: Array<TunnelLeg | undefined> = new Array(LEGS + 1).fill(undefined)

  /** The leg of this number, if it is known. */
  of(number: number): TunnelLeg | undefined {
    return this.#byNumber[number]
  }

  /** The leg of this number, made if need be; undefined for a number that no leg may have. */
  make(number: number): TunnelLeg | undefined {
    if (!Number.isInteger(number) || number < 1 || number > LEGS) return undefined
    const known = this.#byNumber[number]
    if (known !== undefined) return known
    const leg = new TunnelLeg(number)
    this.#byNumber[number] = leg
    this.list.push(leg)
    this.paths.push(leg.path)
    return leg
  }

  /** Bring the schedulers' picture up to now, for a packet of this length. */
  paint(bytes: number, nowUs: number): Fit {
    let some = false
    for (const leg of this.list) {
      leg.paint(nowUs)
      some ||= leg.path.usable
    }
    let spoken = false
    for (const leg of this.list) {
      // While all are bad, it is not the legs: packets are lost at one of the ends.
      if (!some) leg.paintBad(nowUs)
      spoken ||= leg.path.usable && !leg.isDead(nowUs)
    }
    let fit: Fit = Fit.none
    for (const leg of this.list) {
      // While all are silent it is not the legs: nothing is taken away.
      if (spoken && leg.isDead(nowUs)) leg.path.usable = false
      if (!leg.path.usable) continue
      if (bytes <= leg.packetBytesMax) {
        fit = Fit.some
        continue
      }
      // A leg that cannot hold it has no room for it.
      leg.path.roomBytes = NO_ROOM
      if (fit === Fit.none) fit = Fit.tooLong
    }
    return fit
  }

  /**
   * The leg for what must not wait, as last painted: highest priority, then least round trip, but not
   * `except`. -1: none.
   */
  best(except: number): number {
    let best = -1
    for (let i = 0; i < this.paths.length; i++) {
      const path = this.paths[i]!
      if (i === except || !path.usable || path.roomBytes === NO_ROOM) continue
      const chosen = this.paths[best]
      const isBetter =
        chosen === undefined ||
        path.priority > chosen.priority ||
        (path.priority === chosen.priority && path.srttUs < chosen.srttUs)
      if (isBetter) best = i
    }
    return best
  }

  /** Who carries reports and orders: the best leg, or else the one that spoke last. */
  speaker(): TunnelLeg | undefined {
    const best = this.best(-1)
    if (best >= 0) return this.list[best]
    let last: TunnelLeg | undefined
    for (const leg of this.list) {
      if (leg.far !== undefined && leg.heardUs > (last?.heardUs ?? -Infinity)) last = leg
    }
    return last
  }

  /** Something was sent on some leg, and on none of these is there a word of it. */
  areSilent(nowUs: number): boolean {
    let silent = false
    for (const leg of this.list) {
      if (leg.far === undefined || leg.path.priority === 0 || !leg.isExpecting) continue
      if (!leg.isSilent(nowUs, SILENT_US)) return false
      silent = true
    }
    return silent
  }

  /** A set of places in the list as it goes on the wire: bit 0 is leg 1. */
  wireSet(set: number): number {
    let bits = 0
    for (let i = 0; i < this.list.length; i++) {
      if ((set & (1 << i)) !== 0) bits |= 1 << (this.list[i]!.number - 1)
    }
    return bits
  }

  /** What fits on every leg that may carry bulk and whose length is known; on any, if that is none. */
  packetBytesMax(): number {
    let least = Infinity
    for (const leg of this.list) {
      if (leg.path.usable && leg.mtu.known) least = Math.min(least, leg.packetBytesMax)
    }
    return Math.max(least === Infinity ? 0 : least, PACKET_BYTES_MIN)
  }
}

const NO_ROOM = -Infinity
const SILENT_US = 400_000
/** IPv6 promises so much to every host. A leg that carries less is not given such packets. */
const PACKET_BYTES_MIN = 1_280
