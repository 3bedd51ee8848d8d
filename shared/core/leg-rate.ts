/**
 * How fast one leg may be fed: a bucket of tokens whose rate follows what the far end reports.
 *
 *     no room asked for in vain                     the rate stays
 *     room in vain, queue below QUEUE_LOW_US        the rate rises: to half more than was delivered, each round trip,
 *                                                   while it never met its end, and by 1 % each report after that;
 *                                                   by more, the longer that lasts
 *     room in vain, queue between the two           the rate comes closer to what was delivered
 *     queue above QUEUE_HIGH_US, or lost above      the rate falls to what was delivered, less 3 % that the
 *       LOSS_HIGH of the packets, or any marked     queue may drain
 *       Congestion Experienced (RFC 6040)
 *
 * The queue is what the least delay of a report is above the least of the last minute. What steering knows of
 * the line is an upper bound, less what passes beside the tunnel.
 */

/** What one report says of a leg since the one before. */
export interface LegReport {
  readonly spanUs: number
  readonly bytes: number
  readonly received: number
  readonly lost: number
  /** Of those received, marked Congestion Experienced on the way. */
  readonly marked: number
  /** The least that a packet took: the difference of two clocks, low 32 bits made a signed number. */
  readonly delayUs: number
}

export class LegRate {
  #rate = START_RATE
  #boundRate = Infinity
  #tokens = 0
  #refilledUs = 0
  #starved = false
  #begun = false
  #settledUs = 0
  #share = 1
  #queueUs = 0
  #rises = 0
  readonly #judged = { packets: 0, lost: 0 }
  /** The least delay of this window and of the one before; `lowestUs` may be a clock's mistake. */
  readonly #least = { lowestUs: Infinity, nowUs: Infinity, beforeUs: Infinity, sinceUs: 0 }

  /** Bytes a millisecond that the tunnel may send. */
  get rate(): number {
    return Math.min(this.#rate, this.#boundRate) * this.#share
  }

  /** What stands in the leg's queue, as of the last report. */
  get queueUs(): number {
    return this.#queueUs
  }

  /** `capacity` is the line's, bytes a millisecond, undefined if nobody knows; `beside` does not pass here. */
  bound(capacity: number | undefined, beside: number): void {
    const bound =
      capacity === undefined ? Infinity : Math.max(capacity - beside, capacity * LEAST_SHARE)
    // The first word on it is worth more than a guess.
    if (!this.#begun && bound < Infinity && this.#boundRate === Infinity) {
      this.#rate = bound
      this.#begun = true
    }
    this.#boundRate = bound
  }

  /** A part of the rate, for a leg whose quality is in doubt. */
  shareOf(share: number): void {
    this.#share = share
  }

  /** What may be sent now. */
  roomBytes(nowUs: number): number {
    const { rate } = this
    const depth = Math.max(DEPTH_BYTES, rate * DEPTH_MS)
    const filled = this.#tokens + ((nowUs - this.#refilledUs) * rate) / 1_000
    this.#tokens = Math.min(depth, filled)
    this.#refilledUs = nowUs
    return this.#tokens
  }

  /** Below nothing, when what cannot wait is sent. */
  spend(bytes: number): void {
    this.#tokens -= bytes
  }

  /** A packet found no room. */
  starve(): void {
    this.#starved = true
  }

  /** `rttUs`: a report after a fall tells of the time before it for so long. */
  observe(report: LegReport, rttUs: number, nowUs: number): void {
    this.#sink(report.delayUs, nowUs)
    const { spanUs, bytes, received, lost, marked } = report
    const starved = this.#starved
    this.#starved = false
    // The first report after a rest is of all that rest, and says nothing of a rate.
    if (spanUs <= 0 || spanUs > SPAN_US_MAX) return
    const delivered = (bytes * 1_000) / spanUs
    const settleUs = rttUs + spanUs
    const isLossy = this.#isLossy(received, lost)
    // Whoever asks for less for a moment has not met the end of the line.
    if (isLossy || marked > 0 || this.#queueUs >= QUEUE_LOW_US) this.#rises = 0
    if (isLossy || marked > 0 || this.#queueUs > QUEUE_HIGH_US) {
      if (nowUs < this.#settledUs) return
      this.#begun = true
      const own = Math.min(this.#rate, this.#boundRate)
      // What did not ask for more than it got says little of what the leg carries.
      const carries = starved ? delivered : Math.max(delivered, own * EASE)
      // A receiver that was busy with something else for a moment says of a quick line what it says of a slow one.
      this.#rate = Math.max(RATE_MIN, own * FALL_MOST, Math.min(own, carries) * DRAIN)
      this.#settledUs = nowUs + settleUs
    } else if (starved && this.#queueUs < QUEUE_LOW_US) {
      if (this.#begun) {
        this.#rate = Math.min(this.#rate * riseAfter(this.#rises), this.#boundRate * RISE)
        this.#rises += 1
      } else if (nowUs >= this.#settledUs) {
        this.#rate = Math.min(Math.max(this.#rate, delivered * RISE_FIRST), this.#boundRate)
        this.#settledUs = nowUs + settleUs
      }
    } else if (starved && delivered < this.#rate) {
      this.#begun = true
      this.#rate += (delivered - this.#rate) * APPROACH
    }
  }

  /** Over enough packets that the loss of a radio is not taken for that of a queue. */
  #isLossy(received: number, lost: number): boolean {
    this.#judged.packets += received + lost
    this.#judged.lost += lost
    const { packets, lost: ofThese } = this.#judged
    if (packets < LOSS_PACKETS) return false
    this.#judged.packets = 0
    this.#judged.lost = 0
    return ofThese > packets * LOSS_HIGH
  }

  /** Another path. */
  forget(): void {
    this.#rate = START_RATE
    this.#begun = false
    this.#queueUs = 0
    Object.assign(this.#least, { lowestUs: Infinity, nowUs: Infinity, beforeUs: Infinity })
  }

  /**
   * Two windows, so that the floor is never younger than one and a new path is believed in time. It is the
   * second least: a single report that came from a clock read too early would hold for a minute.
   */
  #sink(delayUs: number, nowUs: number): void {
    const least = this.#least
    if (nowUs - least.sinceUs >= FLOOR_US) {
      least.beforeUs = least.nowUs
      least.nowUs = Infinity
      least.lowestUs = Infinity
      least.sinceUs = nowUs
    }
    if (delayUs < least.lowestUs) {
      least.nowUs = least.lowestUs
      least.lowestUs = delayUs
    } else least.nowUs = Math.min(least.nowUs, delayUs)
    const floorUs = Math.min(least.nowUs, least.beforeUs)
    this.#queueUs = floorUs === Infinity ? 0 : Math.max(0, delayUs - floorUs)
  }
}

/** The longer in vain, the more the line carries than it did when its end was met. */
function riseAfter(rises: number): number {
  if (rises <= RISES_LONG) return RISE
  return rises <= 2 * RISES_LONG ? RISE_LONG : RISE_LONGER
}

/** 20 Mbit/s: what nobody has told us about begins here. */
const START_RATE = 2_500
/** 256 kbit/s. */
const RATE_MIN = 32
const RISE_FIRST = 1.5
const RISE = 1.01
const RISE_LONG = 1.04
const RISE_LONGER = 1.1
/** Half a second; a line that is full shows its queue sooner. */
const RISES_LONG = 25
const DRAIN = 0.97
const APPROACH = 0.25
/** For each settled report: a tenth of the line is reached in four. */
const FALL_MOST = 0.5
const EASE = 0.9
/** Of a line whose every byte passes beside. */
const LEAST_SHARE = 0.05
const QUEUE_LOW_US = 8_000
const QUEUE_HIGH_US = 25_000
/** A radio loses less, a full queue more. */
const LOSS_HIGH = 0.04
const LOSS_PACKETS = 200
/** What may be sent at once after a pause: a burst that a line's own queue takes. */
const DEPTH_MS = 25
const SPAN_US_MAX = 200_000
const DEPTH_BYTES = 24_000
const FLOOR_US = 60_000_000
