/**
 * Which connections LTE helps while it is engaged: the fastest first, and only as many as it takes.
 *
 *     engaged                    DSL still full                   still full
 *     ▇▇▇▇▇▇ helped              ▇▇▇▇▇▇                           ▇▇▇▇▇▇
 *     ▇▇▇▇                       ▇▇▇▇   helped                    ▇▇▇▇
 *     ▇▇                         ▇▇                               ▇▇     helped
 *     ▇                          ▇                                ▇      and so on
 *
 * So a call beside a download stays on DSL. When DSL has room again the slowest of them are left to it;
 * should that have been too many, they are not tried again soon.
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
  /** DSL has had room for a while. */
  readonly slack: boolean
}

export class HelpedFlows {
  readonly #helped = new Set<number>()
  readonly #seen = new Map<number, SeenFlow>()
  readonly #barred = new Set<number>()
  #barredUntilMs = -Infinity
  #down = false
  #up = false
  #lookedMs = -Infinity
  #grownMs = -Infinity
  #growShare = GROW_SHARE_MIN
  #shrunkMs = -Infinity
  #shrinkMs = SHRINK_MS_MIN

  has(token: number): boolean {
    return this.#helped.has(token)
  }

  /** It shall have no part of LTE for now, not even one that stands by. */
  bars(token: number): boolean {
    return this.#barred.has(token)
  }

  /** Those that are helped now lose what LTE has under way for them. */
  bar(nowMs: number): void {
    for (const token of this.#helped) this.#barred.add(token)
    this.#barredUntilMs = nowMs + BARRED_MS
  }

  get size(): number {
    return this.#helped.size
  }

  /** One look. True when somebody else is helped than before. */
  choose(
    flows: Iterable<CarryingFlow>,
    down: HelpedDirection,
    up: HelpedDirection,
    nowMs: number,
  ): boolean {
    const ceased = (this.#down && !down.engaged) || (this.#up && !up.engaged)
    this.#down = down.engaged
    this.#up = up.engaged
    // Who was helped for one direction has no claim in the other.
    const free = this.#barred.size > 0 && nowMs >= this.#barredUntilMs
    if (free) this.#barred.clear()
    const letGo = free || (ceased && this.#helped.size > 0)
    if (ceased) this.#letGo()
    const due = nowMs - this.#lookedMs >= LOOK_MS
    if (due) {
      this.#lookedMs = nowMs
      this.#observe(flows, nowMs)
    }
    if (!down.engaged && !up.engaged) return letGo

    const any = (fact: 'full' | 'slack') => (down.engaged && down[fact]) || (up.engaged && up[fact])
    const rateOf = (seen: SeenFlow) => (down.engaged ? seen.down : 0) + (up.engaged ? seen.up : 0)
    if (this.#helped.size === 0) return this.#grow(rateOf, nowMs) || letGo
    if (!due) return false
    if (any('full')) return nowMs - this.#grownMs >= GROW_MS && this.#grow(rateOf, nowMs)
    return any('slack') && this.#shrink(rateOf, nowMs)
  }

  #letGo(): void {
    this.#helped.clear()
    this.#growShare = GROW_SHARE_MIN
    this.#shrinkMs = SHRINK_MS_MIN
  }

  #observe(flows: Iterable<CarryingFlow>, nowMs: number): void {
    for (const { token, bulk, upBytes, downBytes } of flows) {
      const seen = this.#seen.get(token)
      // A row that was given to another connection begins at 0 again.
      const ms = Math.max(nowMs - (seen?.atMs ?? nowMs), 1)
      const handedBytes = Math.max(0, upBytes - (seen?.upBytes ?? 0))
      const down = Math.max(0, downBytes - (seen?.downBytes ?? 0)) / ms
      const handedMs = handedBytes >= WAITS_BYTES ? nowMs : (seen?.handedMs ?? -Infinity)
      const waits = nowMs - handedMs < WAITS_MS
      const up = handedBytes === 0 && waits ? WAITS_BYTES_PER_MS : handedBytes / ms
      this.#seen.set(token, { atMs: nowMs, bulk, upBytes, downBytes, handedMs, up, down })
    }
    for (const [token, { atMs }] of this.#seen) {
      if (atMs === nowMs) continue
      this.#seen.delete(token)
      this.#helped.delete(token)
    }
  }

  /** The fastest of the rest, until they carry a part of what the rest carries. */
  #grow(rateOf: (seen: SeenFlow) => number, nowMs: number): boolean {
    const rest = [...this.#seen].filter(
      ([token, seen]) => seen.bulk && rateOf(seen) > 0 && !this.#helped.has(token),
    )
    if (rest.length === 0) return false
    rest.sort(([, one], [, other]) => rateOf(other) - rateOf(one))
    let missing = rest.reduce((sum, [, seen]) => sum + rateOf(seen), 0) * this.#growShare
    for (const [token, seen] of rest) {
      if (missing <= 0) break
      this.#helped.add(token)
      this.#barred.delete(token)
      missing -= rateOf(seen)
    }
    this.#growShare = Math.min(1, 2 * this.#growShare)
    this.#grownMs = nowMs
    if (nowMs - this.#shrunkMs < REGRET_MS) {
      this.#shrinkMs *= SHRINK_BACKOFF
      this.#shrunkMs = -Infinity
    }
    return true
  }

  /** The slowest of the helped, about a third of what they carry, but never all. */
  #shrink(rateOf: (seen: SeenFlow) => number, nowMs: number): boolean {
    if (nowMs - Math.max(this.#grownMs, this.#shrunkMs) < this.#shrinkMs) return false
    const helped = [...this.#seen].filter(([token]) => this.#helped.has(token))
    helped.sort(([, one], [, other]) => rateOf(one) - rateOf(other))
    let spare = helped.reduce((sum, [, seen]) => sum + rateOf(seen), 0) * SHRINK_SHARE
    const before = this.#helped.size
    for (const [token, seen] of helped) {
      spare -= rateOf(seen)
      if (spare < 0 || this.#helped.size === 1) break
      this.#helped.delete(token)
    }
    if (this.#helped.size === before) return false
    this.#shrunkMs = nowMs
    this.#growShare = GROW_SHARE_MIN
    return true
  }
}

interface SeenFlow {
  readonly atMs: number
  readonly bulk: boolean
  readonly upBytes: number
  readonly downBytes: number
  /** When much was last handed to the kernel upwards at once. */
  readonly handedMs: number
  /** Bytes a millisecond since the look before. */
  readonly up: number
  readonly down: number
}

/**
 * An upload that has filled its socket at once moves nothing here until there is room again, which on a slow line
 * takes seconds: it may still be one, behind all that move. A request is none.
 */
const WAITS_BYTES = 65_536
const WAITS_MS = 10_000
const WAITS_BYTES_PER_MS = 1
/** What LTE holds up is told of it again, and a join costs some packets. */
const BARRED_MS = 10_000
/** The data threads publish as often. */
const LOOK_MS = 100
/** What a change of flags needs to be felt: a round trip of LTE, and a sample or two. */
const GROW_MS = 300
/** At first, of what is not helped yet; doubled with each step: eight equal flows are helped after four. */
const GROW_SHARE_MIN = 0.1
const SHRINK_SHARE = 0.35
/** Between two steps down; longer after one that was regretted. */
const SHRINK_MS_MIN = 1_500
const SHRINK_BACKOFF = 4
const REGRET_MS = 3_000
