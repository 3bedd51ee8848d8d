/**
 * Sources that have come with wrong credentials too often: further connections from there are closed before
 * anything is computed for them.
 */
import { sourceKey } from '../subscribers/source.ts'

export class Failures {
  /** By source, in the order of the first failure. */
  readonly #bySource = new Map<string, { count: number; untilMs: number }>()

  note(address: string, nowMs: number): void {
    const key = sourceKey(address)
    const row = this.#row(key, nowMs) ?? { count: 0, untilMs: nowMs + WINDOW_MS }
    row.count++
    this.#bySource.set(key, row)
    const [oldest] = this.#bySource.keys()
    if (this.#bySource.size > SOURCES_MAX && oldest !== undefined) this.#bySource.delete(oldest)
  }

  isTooMany(address: string, nowMs: number): boolean {
    return (this.#row(sourceKey(address), nowMs)?.count ?? 0) >= FAILURES_MAX
  }

  #row(key: string, nowMs: number) {
    const row = this.#bySource.get(key)
    if (row === undefined || nowMs < row.untilMs) return row
    this.#bySource.delete(key)
    return undefined
  }
}

/** Of one IPv4 address or IPv6 /64 within a minute: a carrier's NAT stands for many homes. */
const FAILURES_MAX = 30
const WINDOW_MS = 60_000
/** The one that failed first is forgotten for a newcomer. */
const SOURCES_MAX = 16_384
