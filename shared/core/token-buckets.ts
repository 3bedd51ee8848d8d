/**
 * Buckets of tokens (token-bucket.ts) by name: how often each of many may do something. Of so many names: the one that
 * spent longest ago is forgotten for a newcomer, for its bucket is the most likely to be full again. Time is an argument.
 */
import { spendToken, ticksAt } from './token-bucket.ts'

export class TokenBuckets {
  readonly #namesMax: number
  /** The one that spent last at the end. */
  readonly #cells = new Map<string, number>()

  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  /** False, and nothing is spent, where the bucket of that name is empty. */
  spend(name: string, perSecond: number, nowMs: number): boolean {
    const cell = this.#after(name, perSecond, nowMs)
    if (cell === undefined) return false
    this.#cells.delete(name)
    this.#cells.set(name, cell)
    const [oldest] = this.#cells.keys()
    if (this.#cells.size > this.#namesMax && oldest !== undefined) this.#cells.delete(oldest)
    return true
  }

  /** Whether `spend` would say yes. */
  has(name: string, perSecond: number, nowMs: number): boolean {
    return this.#after(name, perSecond, nowMs) !== undefined
  }

  #after(name: string, perSecond: number, nowMs: number): number | undefined {
    return spendToken(this.#cells.get(name) ?? 0, perSecond, ticksAt(nowMs))
  }
}
