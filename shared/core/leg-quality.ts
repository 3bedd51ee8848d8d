/**
 * Whether a leg is good enough to be fed: its share of what its rate would allow.
 *
 *     share  1 ┤────────╮                          of the loss, or of the queue that stays,
 *              │         ╲                         whichever is worse
 *            0 ┤──────────╲─────────
 *              0      GOOD   BAD
 *
 *     ┌─────┐  share 0   ┌─────┐  after a pause, doubled each time  ┌───────┐
 *     │ fed │ ─────────▶ │ out │ ─────────────────────────────────▶ │ trial │ ── bad again ──▶ out
 *     └─────┘ ◀────────────────────────────────── good ──────────── └───────┘
 */
export class LegQuality {
  #loss = 0
  #share = 1
  #outUntilUs = 0
  #oursUntilUs = 0
  #pauseUs = PAUSE_US_MIN
  #trial: { packets: number } | undefined

  /** 0 to 1. */
  share(nowUs: number): number {
    if (nowUs < this.#outUntilUs) return 0
    if (this.#share === 0) {
      this.#trial = { packets: 0 }
      this.#loss = 0
      this.#share = TRIAL_SHARE
    }
    return this.#share
  }

  /** What a report says: packets, and the queue that stands on the leg. */
  observe(
    report: { readonly received: number; readonly lost: number },
    queueUs: number,
    nowUs: number,
  ): void {
    const packets = report.received + report.lost
    if (packets <= 0 || nowUs < this.#outUntilUs) return
    // What is lost at the end of a full queue is not the leg's fault but ours: leg-rate.ts sees to that.
    if (queueUs > QUEUE_US_OURS) this.#oursUntilUs = nowUs + OURS_US
    const weight = nowUs < this.#oursUntilUs ? 0 : 1 - Math.exp(-packets / MEMORY_PACKETS)
    this.#loss += weight * (Math.max(0, report.lost) / packets - this.#loss)
    const share = Math.min(
      between(this.#loss, LOSS_GOOD, LOSS_BAD),
      between(queueUs, QUEUE_US_GOOD, QUEUE_US_BAD),
    )
    if (share === 0) {
      // A trial that failed, or the first failure in a while.
      this.#pauseUs = this.#trial === undefined ? PAUSE_US_MIN : this.#pauseUs * 2
      this.#pauseUs = Math.min(this.#pauseUs, PAUSE_US_MAX)
      this.#outUntilUs = nowUs + this.#pauseUs
      this.#share = 0
      return
    }
    if (this.#trial === undefined) {
      this.#share = share
      return
    }
    this.#trial.packets += packets
    if (this.#trial.packets < TRIAL_PACKETS) return
    this.#trial = share === 1 ? undefined : { packets: 0 }
    this.#share = share
  }

  /** Another path. */
  forget(): void {
    this.#loss = 0
    this.#share = 1
    this.#outUntilUs = 0
    this.#pauseUs = PAUSE_US_MIN
    this.#trial = undefined
  }
}

/** 1 up to `good`, 0 from `bad` on, evenly between. */
function between(value: number, good: number, bad: number): number {
  return Math.min(1, Math.max(0, (bad - value) / (bad - good)))
}

const LOSS_GOOD = 0.05
const LOSS_BAD = 0.2
const QUEUE_US_OURS = 15_000
/** Until what a full queue has dropped is reported, and the rate has come down. */
const OURS_US = 300_000
const QUEUE_US_GOOD = 200_000
const QUEUE_US_BAD = 800_000
/** A burst of loss is not a bad leg. */
const MEMORY_PACKETS = 200
const TRIAL_SHARE = 0.05
const TRIAL_PACKETS = 100
const PAUSE_US_MIN = 2_000_000
const PAUSE_US_MAX = 60_000_000
