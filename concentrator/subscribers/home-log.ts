/**
 * Why each home did what it did lately, as it has told. So that somebody can be told why LTE was used at 20:14.
 */
import type { HomeReport } from '../../shared/config/control-messages.ts'

export interface ToldReason {
  /** Unix time. */
  readonly atMs: number
  readonly text: string
}

export class HomeLog {
  /** By id, oldest first: the number of a home that has gone is given to another. */
  readonly #rings = new Map<string, ToldReason[]>()

  hear(id: string, { reasons }: Pick<HomeReport, 'reasons'>, nowMs: number): void {
    const ring = this.#rings.get(id) ?? []
    // A home whose clock is wrong must not tell of another year.
    for (const { atMs, text } of reasons) {
      ring.push({ atMs: Math.min(nowMs, Math.max(nowMs - OLDEST_MS, atMs)), text })
    }
    ring.splice(0, ring.length - REASONS_MAX)
    if (ring.length > 0) this.#rings.set(id, ring)
  }

  of(id: string): readonly ToldReason[] {
    return this.#rings.get(id) ?? []
  }

  forget(id: string): void {
    this.#rings.delete(id)
  }
}

/** Of one home; the older ones are forgotten. */
const REASONS_MAX = 512
/** A home that could not reach us tells later: as far back as this. */
const OLDEST_MS = 86_400_000
