/**
 * Never slower than DSL alone: a line that holds up the other is worse than none.
 *
 *     both lines  ████▅▅▅▅▅▅▅▅        ██▅▅▅▅▅▅        ████████████████
 *                     │  less than    │               │
 *     LTE       helps │  DSL had ─▶ rests ─ DSL is full at once: slowed; twice, and LTE is kept out
 *
 * A demand that shrinks looks the same until LTE has gone; only if DSL is full right after that, LTE was
 * what slowed it. Where DSL had stood idle for it, once is enough.
 */
import { percent } from './percent.ts'

export class Slowdown {
  #released: Released | undefined
  #strikes = 0
  #strikeMs = -Infinity
  #pauseMs = PAUSE_MS_MIN
  #untilMs = -Infinity

  /** LTE was let go while both lines together carried this share of DSL. */
  released(share: number, nowMs: number): void {
    const strikes = 1
    this.#released =
      share >= SHARE_MIN && share < SHARE_MAX
        ? { share, atMs: nowMs, soonMs: SOON_MS, strikes }
        : undefined
  }

  /** LTE was let go while it worked, and DSL carried this share of what it can. */
  heldUp(share: number, nowMs: number): void {
    this.#released = { share, atMs: nowMs, soonMs: HELD_SOON_MS, strikes: STRIKES }
  }

  /** DSL is full. The sentence that keeps LTE out from now on, when it does. */
  full(nowMs: number): string | undefined {
    const released = this.#released
    this.#released = undefined
    if (released === undefined || nowMs - released.atMs > released.soonMs) return undefined
    if (nowMs - this.#strikeMs > MEMORY_MS) {
      this.#strikes = 0
      this.#pauseMs = PAUSE_MS_MIN
    }
    this.#strikeMs = nowMs
    this.#strikes += released.strikes
    if (this.#strikes < STRIKES) return undefined
    const pauseMs = this.#pauseMs
    this.#untilMs = nowMs + pauseMs
    this.#pauseMs = Math.min(2 * pauseMs, PAUSE_MS_MAX)
    return `guard lte slowed dsl to ${percent(released.share)}, kept out for ${Math.round(pauseMs / 1_000)} s`
  }

  /** LTE is to be kept out. */
  keepsOut(nowMs: number): boolean {
    return nowMs < this.#untilMs
  }
}

interface Released {
  readonly share: number
  readonly atMs: number
  readonly soonMs: number
  readonly strikes: number
}

/** Who carried less than this when LTE was let go had simply ended. */
const SHARE_MIN = 0.3
/** Who carried as much had hardly been slowed: a demand that nearly fills DSL. */
const SHARE_MAX = 0.88
const SOON_MS = 800
/** What was under way by LTE must be sent again first. */
const HELD_SOON_MS = 2_500
const STRIKES = 2
const PAUSE_MS_MIN = 10_000
/** A line that is asked once a minute for two seconds costs a thirtieth. */
const PAUSE_MS_MAX = 60_000
/** Without a strike for so long, what happened before was the weather. */
const MEMORY_MS = 120_000
