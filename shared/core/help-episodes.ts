/**
 * From when to when LTE helped, in which direction, and why: decisions put together in pairs. The last of them are
 * remembered.
 */
import type { Direction } from './dsl-queue.ts'
import type { Reason } from './reasons.ts'

export interface HelpEpisode {
  readonly direction: Direction
  readonly fromMs: number
  /** Undefined while it lasts. */
  readonly untilMs: number | undefined
  /** The kind of the reason: `dsl-full`, `dsl-queue`, `dsl-down`. */
  readonly kind: string
}

export class HelpEpisodes {
  #episodes: HelpEpisode[] = []
  /** On the monotonic clock: what was noted until then has been taken. */
  #takenMs = -Infinity

  /** All reasons that there are, the oldest first; what is known already is passed over. */
  take(reasons: readonly Reason[]): void {
    for (const reason of reasons) {
      if (reason.atMs <= this.#takenMs) continue
      this.#note(reason)
    }
    this.#takenMs = Math.max(this.#takenMs, reasons.at(-1)?.atMs ?? -Infinity)
  }

  /** Those that had not ended at `sinceMs`, the oldest first. */
  since(sinceMs: number): HelpEpisode[] {
    return this.#episodes.filter(({ untilMs = Infinity }) => untilMs >= sinceMs)
  }

  /** Take back what `since` told before a restart. What had not ended has ended by `lastMs`. */
  recall(episodes: readonly unknown[], lastMs: number): void {
    const sound = episodes.filter(isEpisode)
    const told = sound.map((one) => ({ ...one, untilMs: one.untilMs ?? lastMs }))
    this.#episodes = [...told, ...this.#episodes].slice(-EPISODES_MAX)
  }

  #note({ direction, engaged, kind, unixMs }: Reason): void {
    if (direction === undefined || engaged === undefined) return
    const running = this.#episodes.findIndex(
      (one) => one.direction === direction && one.untilMs === undefined,
    )
    const open = this.#episodes[running]
    if (engaged && open === undefined) {
      this.#episodes.push({ direction, fromMs: unixMs, untilMs: undefined, kind })
      this.#episodes.splice(0, this.#episodes.length - EPISODES_MAX)
    }
    if (!engaged && open !== undefined) this.#episodes[running] = { ...open, untilMs: unixMs }
  }
}

function isEpisode(value: unknown): value is HelpEpisode {
  if (typeof value !== 'object' || value === null) return false
  const { direction, fromMs, untilMs, kind } = value as Record<string, unknown>
  return (
    (direction === 'down' || direction === 'up') &&
    Number.isFinite(fromMs) &&
    (untilMs === undefined || Number.isFinite(untilMs)) &&
    typeof kind === 'string'
  )
}

const EPISODES_MAX = 200
