/**
 * Which connections LTE helps while it is engaged: the fastest first, and only as many as it takes.
 *
 *     engaged                    DSL still full                   still full
 *     ▇▇▇▇▇▇ helped              ▇▇▇▇▇▇                           ▇▇▇▇▇▇
 *     ▇▇▇▇                       ▇▇▇▇   helped                    ▇▇▇▇
 *     ▇▇                         ▇▇                               ▇▇     helped
 *     ▇                          ▇                                ▇      and so on
 *
 * So a call beside a download stays on DSL. Who is helped stays so until LTE is let go.
 */

/** A connection as the data threads publish it. */
export interface CarryingFlow {
  readonly token: number
  /** Has carried so much that two lines are worth it. */
  readonly bulk: boolean
  readonly upBytes: number
  readonly downBytes: number
}

/** One direction of the home. */
export interface HelpedDirection {
  readonly engaged: boolean
  readonly full: boolean
}

export class HelpedFlows {
  readonly #helped = new Set<number>()
  readonly #seen = new Map<number, SeenFlow>()
  #lookedMs = -Infinity
  #grownMs = -Infinity

  has(token: number): boolean {
    return this.#helped.has(token)
  }

  /** One look. True when somebody else is helped than before. */
  choose(
    flows: Iterable<CarryingFlow>,
    down: HelpedDirection,
    up: HelpedDirection,
    nowMs: number,
  ): boolean {
    const engaged = down.engaged || up.engaged
    if (!engaged && this.#helped.size > 0) {
      this.#helped.clear()
      this.#grownMs = -Infinity
      return true
    }
    if (nowMs - this.#lookedMs < LOOK_MS) return false
    this.#lookedMs = nowMs
    this.#observe(flows, nowMs)
    if (!engaged) return false

    const full = (down.engaged && down.full) || (up.engaged && up.full)
    if (this.#helped.size > 0 && (!full || nowMs - this.#grownMs < GROW_MS)) return false
    return this.#grow(down.engaged, up.engaged, nowMs)
  }

  #observe(flows: Iterable<CarryingFlow>, nowMs: number): void {
    for (const { token, bulk, upBytes, downBytes } of flows) {
      const seen = this.#seen.get(token)
      // A row that was given to another connection begins at 0 again.
      const ms = Math.max(nowMs - (seen?.atMs ?? nowMs), 1)
      const up = Math.max(0, upBytes - (seen?.upBytes ?? 0)) / ms
      const down = Math.max(0, downBytes - (seen?.downBytes ?? 0)) / ms
      this.#seen.set(token, { atMs: nowMs, bulk, upBytes, downBytes, up, down })
    }
    for (const [token, { atMs }] of this.#seen) {
      if (atMs === nowMs) continue
      this.#seen.delete(token)
      this.#helped.delete(token)
    }
  }

  /** The fastest of the rest, until they carry a good part of what the rest carries. */
  #grow(down: boolean, up: boolean, nowMs: number): boolean {
    const rateOf = (seen: SeenFlow) => (down ? seen.down : 0) + (up ? seen.up : 0)
    const rest = [...this.#seen].filter(
      ([token, seen]) => seen.bulk && rateOf(seen) > 0 && !this.#helped.has(token),
    )
    rest.sort(([, one], [, other]) => rateOf(other) - rateOf(one))
    let missing = rest.reduce((sum, [, seen]) => sum + rateOf(seen), 0) * GROW_SHARE
    for (const [token, seen] of rest) {
      if (missing <= 0) break
      this.#helped.add(token)
      missing -= rateOf(seen)
    }
    if (rest.length > 0) this.#grownMs = nowMs
    return rest.length > 0
  }
}

interface SeenFlow {
  readonly atMs: number
  readonly bulk: boolean
  readonly upBytes: number
  readonly downBytes: number
  /** Bytes a millisecond since the look before. */
  readonly up: number
  readonly down: number
}

/** The data threads publish as often. */
const LOOK_MS = 100
/** What a change of flags needs to be felt: a round trip of LTE, and a sample or two. */
const GROW_MS = 300
/** Half of what is not helped yet: eight equal flows are all helped after three steps. */
const GROW_SHARE = 0.5
