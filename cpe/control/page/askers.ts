/**
 * How often the LAN may ask, by what it asks: the thread that answers is the one that steers (ADR 0054). A host that
 * asks too often does so at its own cost, as long as it stays one host.
 */
import { spendToken, ticksAt } from '../../../shared/core/token-bucket.ts'

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
  /** Buckets of each address and kind, the one that came first first; and of all addresses together, by kind. */
  readonly #bySource = new Map<string, number>()
  readonly #all = new Map<Asked, number>()

  may(asked: Asked, source: string, nowMs: number): boolean {
    const now = ticksAt(nowMs)
    const perS = PER_S_MAX[asked]
    const key = `${asked} ${source}`
    const own = spendToken(this.#bySource.get(key) ?? 0, perS, now)
    if (own === undefined) return false
    const all = spendToken(this.#all.get(asked) ?? 0, perS * HOSTS_AT_ONCE, now)
    if (all === undefined) return false
    this.#all.set(asked, all)
    this.#bySource.set(key, own)
    const [oldest] = this.#bySource.keys()
    if (this.#bySource.size > BUCKETS_MAX && oldest !== undefined) this.#bySource.delete(oldest)
    return true
  }
}

/** So many may ask as often as one may, whatever addresses they give themselves. */
const HOSTS_AT_ONCE = 5
/** A forgotten one is full again. */
const BUCKETS_MAX = 1_024
