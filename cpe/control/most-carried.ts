/**
 * The most that a line has carried within a day, in each direction, over some seconds.
 */
import { DIRECTIONS } from '../../shared/core/dsl-queue.ts'
import { FadingMax } from '../../shared/core/fading-max.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import type { ByDirection } from '../../shared/core/verdict-facts.ts'

export class MostCarried {
  readonly #most = { down: new FadingMax(HALF_LIFE_MS), up: new FadingMax(HALF_LIFE_MS) }
  /** The readings that are averaged over, oldest first. */
  #readings: Array<ByDirection<number> & { readonly atMs: number }> = []

  /** The counters as they are; undefined while there is no line. */
  look(counters: LegCounters | undefined, nowMs: number): void {
    const last = this.#readings.at(-1)
    const another = last !== undefined && (counters?.rxBytes ?? 0) < last.down
    if (counters === undefined || another) this.#readings = []
    if (counters === undefined) return
    const now = { atMs: nowMs, down: counters.rxBytes, up: counters.txBytes }
    this.#readings.push(now)
    const [first] = this.#readings
    if (first === undefined || nowMs - first.atMs < OVER_MS) return
    this.#readings.shift()
    for (const direction of DIRECTIONS) {
      const rate = (now[direction] - first[direction]) / (nowMs - first.atMs)
      if (rate > 0) this.#most[direction].see(rate, nowMs)
    }
  }

  /** Bytes a millisecond; undefined where nothing was carried. */
  at(nowMs: number): ByDirection<number | undefined> {
    const { down, up } = this.#most
    return { down: down.at(nowMs) || undefined, up: up.at(nowMs) || undefined }
  }
}

/** A burst into empty queues is no rate; LTE is seldom needed for longer than some seconds. */
const OVER_MS = 4_000
/** Half of what a line has shown is forgotten in half a day: an evening's crowd is still seen as one. */
const HALF_LIFE_MS = 43_200_000
