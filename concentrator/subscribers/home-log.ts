/**
 * What each home has told lately: how its legs are, what they have carried, and why things were done. So that
 * somebody can be told why LTE was used at 20:14.
 */
import type { HomeReport } from '../../shared/config/control-messages.ts'

export interface ToldReason {
  /** Unix time. */
  readonly atMs: number
  readonly text: string
}

export interface HomeRecord {
  /** The last one, and when it came. */
  readonly report: HomeReport
  readonly heardMs: number
  /** Oldest first. */
  readonly reasons: readonly ToldReason[]
}

export class HomeLog {
  readonly #records = new Map<number, { report: HomeReport; heardMs: number; ring: ToldReason[] }>()

  /** By subscriber number. */
  hear(subscriber: number, report: HomeReport, nowMs: number): void {
    const ring = this.#records.get(subscriber)?.ring ?? []
    // A home whose clock is wrong must not tell of another year.
    for (const { atMs, text } of report.reasons) {
      ring.push({ atMs: Math.min(nowMs, Math.max(nowMs - OLDEST_MS, atMs)), text })
    }
    ring.splice(0, ring.length - REASONS_MAX)
    this.#records.set(subscriber, { report: { ...report, reasons: [] }, heardMs: nowMs, ring })
  }

  of(subscriber: number): HomeRecord | undefined {
    const record = this.#records.get(subscriber)
    if (record === undefined) return undefined
    const { report, heardMs, ring } = record
    return { report, heardMs, reasons: ring }
  }
}

/** Of one home; the older ones are forgotten. */
const REASONS_MAX = 512
/** A home that could not reach us tells later: as far back as this. */
const OLDEST_MS = 86_400_000
