/**
 * How long each leg takes, as the receiving end sees it: its own clock less the sender's Send Time.
 *
 *     leg 1   ──20──▶      the clocks agree on nothing, but their difference is the same on every leg,
 *     leg 2   ─────45────▶ so that 45 - 20 is how much longer leg 2 takes
 *
 * From it: which legs have passed a moment (flow-order.ts), how long an earlier packet may still be on its
 * way, and what the far end is told of its queues (the least delay of an interval, leg-rate.ts).
 */
import { since32 } from '../wire/tunnel.ts'
import type { LegsPassed } from './flow-order.ts'

export class LegClocks implements LegsPassed {
  readonly #known = new Uint8Array(LEGS_MAX)
  /** Low 32 bits: the latest Send Time of the leg. */
  readonly #latestUs = new Uint32Array(LEGS_MAX)
  /** Low 32 bits: what a packet lately took at most, sinking to what packets take now. */
  readonly #highUs = new Uint32Array(LEGS_MAX)
  readonly #lowUs = new Uint32Array(LEGS_MAX)
  readonly #nextLowUs = new Uint32Array(LEGS_MAX)
  readonly #lowSinceUs = new Float64Array(LEGS_MAX).fill(-Infinity)
  readonly #heardUs = new Float64Array(LEGS_MAX).fill(-Infinity)
  /** When the leg was heard after a pause. */
  readonly #begunUs = new Float64Array(LEGS_MAX).fill(-Infinity)

  /** A frame of this leg (0: the first), sent at `sentUs`, opened at `nowUs`. */
  observe(leg: number, sentUs: number, nowUs: number): void {
    const delay = (nowUs - sentUs) >>> 0
    if (this.#known[leg] === 0) {
      this.#known[leg] = 1
      this.#latestUs[leg] = sentUs
      this.#highUs[leg] = delay
    } else if (since32(sentUs, this.#latestUs[leg]!) > 0) {
      this.#latestUs[leg] = sentUs
    }
    this.#growth(leg, delay, nowUs)
    const above = since32(delay, this.#highUs[leg]!)
    // Up at once, down by a sixteenth.
    this.#highUs[leg] = above >= 0 ? delay : (this.#highUs[leg]! + above / 16) >>> 0
    if (nowUs - this.#heardUs[leg]! > PAUSE_US) this.#begunUs[leg] = nowUs
    this.#heardUs[leg] = nowUs
  }

  /** Every one of `legs` (bit 0: the first) has delivered what was sent at `sentUs` or later. */
  hasPassed(legs: number, sentUs: number): boolean {
    for (let leg = 0; legs >> leg > 0; leg++) {
      if ((legs & (1 << leg)) === 0) continue
      if (this.#known[leg] === 0 || since32(this.#latestUs[leg]!, sentUs) < 0) return false
    }
    return true
  }

  /**
   * How much longer than the packet that was sent at `sentUs` and is here at `nowUs` one of before may
   * take on any of `legs`: microseconds, 0 when it came by the slowest. Infinity: nobody can tell, because a
   * leg is not known, or has only begun to be used: its queue is not what it was.
   */
  restUs(legs: number, sentUs: number, nowUs: number): number {
    const delay = (nowUs - sentUs) >>> 0
    let rest = 0
    for (let leg = 0; legs >> leg > 0; leg++) {
      if ((legs & (1 << leg)) === 0) continue
      if (this.#known[leg] === 0 || nowUs - this.#begunUs[leg]! < BEGUN_US) return Infinity
      const grownUs = Math.max(0, since32(this.#highUs[leg]!, this.#lowUs[leg]!))
      rest = Math.max(rest, since32(this.#highUs[leg]!, delay) + grownUs / 2)
    }
    return rest
  }

  /** A queue that grows holds up what is on its way more than what has come: the low of LOW_US and before. */
  #growth(leg: number, delay: number, nowUs: number): void {
    if (nowUs - this.#lowSinceUs[leg]! > LOW_US) {
      this.#lowUs[leg] = nowUs - this.#lowSinceUs[leg]! > 2 * LOW_US ? delay : this.#nextLowUs[leg]!
      this.#nextLowUs[leg] = delay
      this.#lowSinceUs[leg] = nowUs
    }
    if (since32(delay, this.#lowUs[leg]!) < 0) this.#lowUs[leg] = delay
    if (since32(delay, this.#nextLowUs[leg]!) < 0) this.#nextLowUs[leg] = delay
  }

  /** Another sender, or another clock. */
  forget(): void {
    this.#known.fill(0)
  }
}

const LEGS_MAX = 8
const LOW_US = 50_000
const PAUSE_US = 150_000
/** As long as a leg's queue takes to fill. */
const BEGUN_US = 100_000
