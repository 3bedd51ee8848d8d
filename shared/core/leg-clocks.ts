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
  readonly #heardUs = new Float64Array(LEGS_MAX)

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
    const above = since32(delay, this.#highUs[leg]!)
    // Up at once, down by a sixteenth.
    this.#highUs[leg] = above >= 0 ? delay : (this.#highUs[leg]! + above / 16) >>> 0
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
   * take on any of `legs`: microseconds, 0 when it came by the slowest. Infinity: a leg is not known.
   */
  restUs(legs: number, sentUs: number, nowUs: number): number {
    const delay = (nowUs - sentUs) >>> 0
    let rest = 0
    for (let leg = 0; legs >> leg > 0; leg++) {
      if ((legs & (1 << leg)) === 0) continue
      if (this.#known[leg] === 0) return Infinity
      rest = Math.max(rest, since32(this.#highUs[leg]!, delay))
    }
    return rest
  }

  /** Another sender, or another clock. */
  forget(): void {
    this.#known.fill(0)
  }
}

const LEGS_MAX = 8
