/**
 * Do the data threads still turn? Each writes its time at least once a second; who has not for STALLED_MS
 * serves nobody, though the kernel still puts connections into its backlog.
 *
 *     thread   │ │ │ │ │ ────────────────── │ │ │
 *     stalled             └ 3 s ▶████████████
 *
 * Who looks may have slept himself, with all of them: then they have their time from his waking on.
 */
export class ThreadWatch {
  #lookedMs = -Infinity
  #wokeMs = -Infinity

  /** `turnedMs`: the time that the thread wrote which has been silent for longest. */
  stalled(turnedMs: number, nowMs: number): boolean {
    if (nowMs - this.#lookedMs > SLEPT_MS) this.#wokeMs = nowMs
    this.#lookedMs = nowMs
    return nowMs - Math.max(turnedMs, this.#wokeMs) >= STALLED_MS
  }
}

const STALLED_MS = 3_000
/** We look every 20 ms. */
const SLEPT_MS = 1_000
