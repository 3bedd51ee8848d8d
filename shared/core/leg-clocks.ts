/**
 * How long each leg takes, as the receiving end sees it: its own clock less the sender's Send Time.
 *
 *     leg 1   ──20──▶      the clocks agree on nothing, but their difference is the same on every leg,
 *     leg 2   ─────45────▶ so that 45 - 20 is how much longer leg 2 takes
 *
 * From it: which legs have passed a moment (flow-order.ts), and how long an earlier packet may still be on its
 * way. Times and delays are the low 32 bits.
 */
import { since32 } from '../wire/tunnel.ts'
import type { LegsPassed } from './flow-order.ts'

interface Clock {
  /** The latest Send Time of the leg. */
  latestUs: number
  /** What a packet lately took at most, sinking to what packets take now. */
  highUs: number
  /** The least of the last LOW_US and of this one; the least of this one; when it began. */
  lowUs: number
  nextLowUs: number
  lowSinceUs: number
  heardUs: number
  /** When the leg was heard after a pause. */
  begunUs: number
}

export class LegClocks implements LegsPassed {
  readonly #clocks: Array<Clock | undefined> = []

  /** A frame of this leg (0: the first), sent at `sentUs`, opened at `nowUs`. */
  observe(leg: number, sentUs: number, nowUs: number): void {
    const delay = (nowUs - sentUs) >>> 0
    const clock = this.#clocks[leg]
    if (clock === undefined) {
      this.#clocks[leg] = {
        latestUs: sentUs,
        highUs: delay,
        lowUs: delay,
        nextLowUs: delay,
        lowSinceUs: nowUs,
        heardUs: nowUs,
        begunUs: nowUs,
      }
      return
    }
    if (since32(sentUs, clock.latestUs) > 0) clock.latestUs = sentUs
    grow(clock, delay, nowUs)
    const above = since32(delay, clock.highUs)
    // Up at once, down by a sixteenth.
    clock.highUs = above >= 0 ? delay : (clock.highUs + above / 16) >>> 0
    if (nowUs - clock.heardUs > PAUSE_US) clock.begunUs = nowUs
    clock.heardUs = nowUs
  }

  /** Every one of `legs` (bit 0: the first) has delivered what was sent at `sentUs` or later. */
  hasPassed(legs: number, sentUs: number): boolean {
    for (let leg = 0; legs >> leg > 0; leg++) {
      if ((legs & (1 << leg)) === 0) continue
      const clock = this.#clocks[leg]
      if (clock === undefined || since32(clock.latestUs, sentUs) < 0) return false
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
      const clock = this.#clocks[leg]
      if (clock === undefined || nowUs - clock.begunUs < BEGUN_US) return Infinity
      // A queue that grows holds up what is on its way more than what has come.
      const grownUs = Math.max(0, since32(clock.highUs, clock.lowUs))
      rest = Math.max(rest, since32(clock.highUs, delay) + grownUs / 2)
    }
    return rest
  }

  /** Another sender, or another clock. */
  forget(): void {
    this.#clocks.length = 0
  }
}

function grow(clock: Clock, delay: number, nowUs: number): void {
  if (nowUs - clock.lowSinceUs > LOW_US) {
    clock.lowUs = nowUs - clock.lowSinceUs > 2 * LOW_US ? delay : clock.nextLowUs
    clock.nextLowUs = delay
    clock.lowSinceUs = nowUs
  }
  if (since32(delay, clock.lowUs) < 0) clock.lowUs = delay
  if (since32(delay, clock.nextLowUs) < 0) clock.nextLowUs = delay
}

const LOW_US = 50_000
const PAUSE_US = 150_000
/** As long as a leg's queue takes to fill. */
const BEGUN_US = 100_000
