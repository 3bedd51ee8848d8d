/**
 * How often the LAN may ask, by what it asks: the thread that answers is the one that steers (ADR 0054). A host that
 * asks too often does so at its own cost, as long as it stays one host.
 */
import { TokenBuckets } from '../../../shared/core/token-buckets.ts'

/** Requests a second of one address, two seconds' worth at once. */
const PER_S_MAX = {
  /** The page itself and what it loads. */
  page: 10,
  /** How the line is, and how the speed test stands. */
  state: 10,
  /** The day: it is the most that is sent. */
  history: 2,
  /** To be told every state from now on. */
  live: 2,
  /** What changes something, or costs something. */
  order: 2,
} as const
export type Asked = keyof typeof PER_S_MAX

export class Askers {
  /** Of each address and kind; and of all addresses together, by kind. */
  readonly #bySource = new TokenBuckets(BUCKETS_MAX)
  readonly #all = new TokenBuckets(KINDS)

  may(asked: Asked, source: string, nowMs: number): boolean {
    const perS = PER_S_MAX[asked]
    const key = `${asked} ${source}`
    // What one address has no token for takes none from the others, and the other way round.
    if (!this.#bySource.has(key, perS, nowMs)) return false
    if (!this.#all.spend(asked, perS * HOSTS_AT_ONCE, nowMs)) return false
    return this.#bySource.spend(key, perS, nowMs)
  }
}

/** So many may ask as often as one may, whatever addresses they give themselves. */
const HOSTS_AT_ONCE = 5
const KINDS = Object.keys(PER_S_MAX).length
/** A forgotten one is full again. */
const BUCKETS_MAX = 1_024
