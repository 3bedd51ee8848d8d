/**
 * How a line's delay wanders: straight from turning point to turning point, never jumping.
 *
 *     +1 ┤   u1            u2                The turning points come in pairs, +u and -u, so that the
 *        │  /  \          /  \               middle of a measurement stays where it was asked to be;
 *      0 ┼─/────\────────/────\────          u is drawn anew for each pair.
 *        │/      \      /      \
 *     -1 ┤        -u1──'        -u2
 *
 * A fall is never steeper than SLOPE_MAX: what follows may catch up with what went before, but at most
 * at twice the line's rate.
 */
export class Jitter {
  readonly #random: () => number
  #fromUs = 0
  #toUs = 0
  #from = 0
  #to = 0

  constructor(random: () => number) {
    this.#random = random
  }

  /** Between -amplitudeUs and amplitudeUs. `atUs` never goes back from call to call. */
  offsetUs(atUs: number, amplitudeUs: number): number {
    if (amplitudeUs === 0) return 0
    while (atUs >= this.#toUs) this.#turn(atUs, amplitudeUs)
    const share = (atUs - this.#fromUs) / (this.#toUs - this.#fromUs)
    return amplitudeUs * (this.#from + (this.#to - this.#from) * share)
  }

  #turn(atUs: number, amplitudeUs: number): void {
    // A line that carried nothing for long need not catch up with what its delay would have been.
    this.#fromUs = Math.max(this.#toUs, atUs - LEG_US_MAX)
    this.#from = this.#to
    this.#to = this.#from > 0 ? -this.#from : this.#random()
    const legUs = LEG_US_MIN + this.#random() * (LEG_US_MAX - LEG_US_MIN)
    this.#toUs = this.#fromUs + Math.max(legUs, (2 * amplitudeUs) / SLOPE_MAX)
  }
}

const SLOPE_MAX = 0.5
const LEG_US_MIN = 40_000
const LEG_US_MAX = 120_000
