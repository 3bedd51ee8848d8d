/**
 * The legs of a session, and which of them may be used now.
 */
import { mayServe, onlyStandby, type Path } from '../core/datagram-scheduler.ts'
import type { MannerLegs } from '../core/manner.ts'
import { LEGS } from './key-ring.ts'
import { PACKET_BYTES_MIN, TunnelLeg } from './leg.ts'

/** Which of the legs can take a packet of some length. */
export const Fit = { none: 0, tooLong: 1, some: 2 } as const
export type Fit = (typeof Fit)[keyof typeof Fit]

export class Legs {
  readonly list: TunnelLeg[] = []
  /** `paths[i]` is the path of `list[i]`. */
  readonly paths: Path[] = []
  /** The longest packet that a leg would have carried, as last painted. */
  longestBytes = 0
  #quick = -1
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

  /** Bring the schedulers' picture up to now, for a packet of this length that may go by these legs. */
  paint(bytes: number, legs: MannerLegs, nowUs: number): Fit {
    let some = false
    for (const leg of this.list) {
      leg.paint(legs, nowUs)
      some ||= leg.path.usable
    }
    let spoken = false
    for (const leg of this.list) {
      // While all are bad, it is not the legs: packets are lost at one of the ends.
      if (!some) leg.paintBad(nowUs)
      spoken ||= leg.path.usable && !leg.isDead(nowUs)
    }
    this.longestBytes = 0
    let fit: Fit = Fit.none
    for (const leg of this.list) {
      // While all are silent it is not the legs: nothing is taken away.
      if (spoken && leg.isDead(nowUs)) leg.path.usable = false
      if (!leg.path.usable) continue
      const longest = leg.longestBytes
      this.longestBytes = Math.max(this.longestBytes, longest)
      if (bytes <= longest) {
        fit = Fit.some
        continue
      }
      leg.path.usable = false
      // What a leg carries that nobody has used yet is not known: it is asked for, and nobody is told too little.
      if (!leg.mtu.known) leg.longUs = nowUs
      else if (fit === Fit.none) fit = Fit.tooLong
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
      if (i === except || !path.usable) continue
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

  /**
   * The leg of least round trip for what must not wait. It stays what it was until another is clearly quicker: two
   * that are alike would take turns, and each turn puts packets out of order.
   */
  quickest(): number {
    const { paths } = this
    const standbyMay = onlyStandby(paths)
    let quickest = -1
    for (let i = 0; i < paths.length; i++) {
      if (!mayServe(paths[i]!, standbyMay)) continue
      if (quickest < 0 || paths[i]!.srttUs < paths[quickest]!.srttUs) quickest = i
    }
    const before = paths[this.#quick]
    if (before !== undefined && mayServe(before, standbyMay)) {
      if (before.srttUs < paths[quickest]!.srttUs * QUICKER + QUICKER_US) return this.#quick
    }
    this.#quick = quickest
    return quickest
  }

  /** Something was sent on some leg, and on none of these is there a word of it. */
  areSilent(nowUs: number): boolean {
    let silent = false
    for (const leg of this.list) {
      if (leg.far === undefined || leg.priority === 0 || !leg.isExpecting) continue
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

  /** What fits on every leg whose length is known, in one frame; what IPv6 promises, if that is more. */
  packetBytesMax(): number {
    let least = Infinity
    for (const leg of this.list) {
      if (leg.priority > 0 && leg.far !== undefined && leg.mtu.known)
        least = Math.min(least, leg.packetBytesMax)
    }
    return Math.max(least === Infinity ? 0 : least, PACKET_BYTES_MIN)
  }
}

const SILENT_US = 400_000
/** The round trip that the quicker leg must be below. */
const QUICKER = 1.25
const QUICKER_US = 3_000
