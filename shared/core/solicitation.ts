/**
 * Whether the home may ask its concentrator for anything (RFC 8803 section 6.2.8: "before soliciting").
 *
 *     open ──── failed ───▶ doubtful ─── a pause is over: one hello may ask ───┐
 *       ▲                      ▲  │                                            │
 *       │                      └──┼────────────── failed: twice the pause ─────┤
 *       └─────────────────────────┴────────────────────────────── answered ────┘
 *
 *     any ──── stopped for a time ───▶ doubtful, and nobody asks before that time is over
 *
 * What was asked before the stop may still be answered, and proves nothing: the time holds.
 */
export class Solicitation {
  #failures = 0
  #pausedUntilMs = -Infinity
  #stoppedUntilMs = -Infinity

  /** LAN connections may be bonded. */
  open(nowMs: number): boolean {
    return this.#failures === 0 && !this.stopped(nowMs)
  }

  /** An uplink may be dialled: for a LAN connection if open, else to see who is there. */
  mayDial(nowMs: number): boolean {
    return nowMs >= this.#pausedUntilMs && !this.stopped(nowMs)
  }

  stopped(nowMs: number): boolean {
    return nowMs < this.#stoppedUntilMs
  }

  /** It is uncertain whether anybody answers. */
  get doubtful(): boolean {
    return this.#failures > 0
  }

  /** No answer, or not a good one: true when that is news. */
  failed(nowMs: number): boolean {
    const news = !this.doubtful
    const pauseMs = Math.min(PAUSE_MS_MIN * 2 ** this.#failures, PAUSE_MS_MAX)
    this.#pausedUntilMs = nowMs + pauseMs
    this.#failures = Math.min(this.#failures + 1, FAILURES_MAX)
    return news
  }

  //= https://www.rfc-editor.org/rfc/rfc8803#section-6.2.8
  //# The
  //# Transport Converter may indicate in the Value field the suggested
  //# delay (in seconds) that the Client SHOULD wait before soliciting
  //# the Transport Converter for a new proxied connection.
  /** It said for how long it wants to be left alone: true when that is news. */
  stop(nowMs: number, waitMs: number): boolean {
    const news = !this.doubtful
    this.#failures = Math.max(this.#failures, 1)
    this.#stoppedUntilMs = Math.max(this.#stoppedUntilMs, nowMs + Math.min(waitMs, STOP_MS_MAX))
    return news
  }

  /** It answered well: true when that ends a doubt. */
  answered(nowMs: number): boolean {
    if (!this.doubtful || this.stopped(nowMs)) return false
    this.#failures = 0
    this.#pausedUntilMs = -Infinity
    return true
  }

  /** The legs changed: whatever failed may work now. What the concentrator asked for holds. */
  hurry(): void {
    this.#pausedUntilMs = -Infinity
  }
}

const PAUSE_MS_MIN = 100
const PAUSE_MS_MAX = 2_000
const FAILURES_MAX = 16
/** One byte of seconds: what Convert can say at most. */
const STOP_MS_MAX = 255_000
