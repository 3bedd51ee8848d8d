/**
 * Which concentrator a home goes to, and when it leaves the one that it is with (ADR 0052).
 *
 *    serving ── it drains: nothing is open any more, or its patience is over ──▶ the next
 *       └────── it is silent for a while ────────────────────────────────────▶ the next
 *
 * Nobody leaves for nowhere.
 */
export interface Candidate {
  readonly name: string
  /** The least first. */
  readonly priority: number
  /** Of those with one priority: the part of the homes that it has. */
  readonly weight: number
}

/** `chanceOf` is from 0 up to 1, for this home always the same: so homes keep to theirs when another comes or goes. */
export function bestOf<C extends Candidate>(
  candidates: readonly C[],
  chanceOf: (name: string) => number,
): C | undefined {
  let best: C | undefined
  let most = -Infinity
  for (const candidate of candidates) {
    const { name, priority, weight } = candidate
    if (best !== undefined && priority > best.priority) continue
    // Weighted rendezvous hashing: each wins as often as its weight says.
    const score = -weight / Math.log(Math.max(chanceOf(name), Number.MIN_VALUE))
    if (best !== undefined && priority === best.priority && score <= most) continue
    best = candidate
    most = score
  }
  return best
}

export interface Service {
  readonly reachable: boolean
  /** Connections that somebody in the home has opened, and that it carries. */
  readonly open: number
}

export interface DrainNotice {
  readonly sinceMs: number
  readonly leaveMs: number
}

export class Leaving {
  #silentSinceMs: number | undefined
  #idleSinceMs: number | undefined

  /** Why it is time to go; undefined while it is not. */
  judge(service: Service, drain: DrainNotice | undefined, nowMs: number): string | undefined {
    this.#silentSinceMs = service.reachable ? undefined : (this.#silentSinceMs ?? nowMs)
    const isIdle = drain !== undefined && service.open === 0
    this.#idleSinceMs = isIdle ? (this.#idleSinceMs ?? nowMs) : undefined
    if (this.#silentSinceMs !== undefined && nowMs - this.#silentSinceMs >= SILENT_MS) {
      return 'it is silent'
    }
    if (drain === undefined) return undefined
    if (this.#idleSinceMs !== undefined && nowMs - this.#idleSinceMs >= IDLE_MS) {
      return 'it drains, and nothing is open'
    }
    return nowMs - drain.sinceMs >= drain.leaveMs
      ? 'it drains, and its patience is over'
      : undefined
  }
}

/** A concentrator that is started anew is back before this. */
const SILENT_MS = 30_000
/** Between two connections of one page. */
const IDLE_MS = 2_000
