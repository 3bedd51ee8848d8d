/**
 * What LTE has carried in the subscriber's month, in both directions and for whatever reason, kept in a file
 * so that a restart forgets nothing.
 *
 * A router without a clock of its own starts in some earlier month. The page of the file, which is of a
 * later one, is put aside until the clock has been set, and is never overwritten by an earlier one.
 */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CpeConfig } from '../../shared/config/cpe.ts'
import {
  type Budget,
  type BudgetPlan,
  judgeBudget,
  monthOf,
  UNLIMITED,
} from '../../shared/core/budget.ts'
import type { LegCounters } from '../../shared/core/leg-traffic.ts'
import { replaceFile } from '../../shared/linux/whole-file.ts'

interface Page {
  /** When the month began, in milliseconds since 1970. */
  readonly startMs: number
  readonly bytes: number
}

/** For whoever shows it. */
export interface LteMonth {
  readonly usedBytes: number
  readonly monthlyBytes: number
  /** When it ends. */
  readonly endMs: number
}

type LedgerConfig = Pick<CpeConfig, 'stateDirectory'> & {
  readonly budget: Pick<CpeConfig['budget'], 'monthlyGigabytes' | 'resetDay'>
}

export class LteLedger {
  #plan: BudgetPlan | undefined
  readonly #directory: string
  readonly #complain: (why: string) => void
  #page: Page
  /** The page of a month that the clock has not reached, or has left backwards. */
  #later: Page | undefined
  #last: LegCounters | undefined
  #budget = UNLIMITED
  #judgedMs = -Infinity
  #writtenMs = -Infinity

  /**
   * `complain` is told when the file cannot be read or written, or will not last; the count goes on in
   * memory.
   */
  constructor(
    { budget, stateDirectory }: LedgerConfig,
    complain: (why: string) => void,
    dateMs: number,
  ) {
    this.#directory = stateDirectory
    this.#complain = complain
    this.#page = { startMs: monthOf(budget.resetDay, dateMs).startMs, bytes: 0 }
    this.adopt(budget)
  }

  /** Judge by this from now on. What has been counted stays; another `resetDay` begins another month. */
  adopt({ monthlyGigabytes, resetDay }: LedgerConfig['budget']): void {
    const before = this.#plan
    this.#plan =
      monthlyGigabytes === undefined
        ? undefined
        : { monthlyBytes: monthlyGigabytes * 1e9, resetDay }
    if (before !== undefined && this.#plan === undefined) this.#write(this.#judgedMs)
    this.#judgedMs = -Infinity
    if (this.#plan === undefined || before !== undefined) return
    if (LOST_AT_REBOOT.test(this.#directory)) {
      this.#complain(`A reboot forgets what LTE has carried: stateDirectory is ${this.#directory}`)
    }
    this.#read()
  }

  /** The interface's counters at `dateMs`. What the budget says to it. */
  look(counters: LegCounters | undefined, dateMs: number): Budget {
    if (this.#plan === undefined) return UNLIMITED
    this.#count(counters)
    if (Math.abs(dateMs - this.#judgedMs) < JUDGE_MS) return this.#budget
    this.#judgedMs = dateMs
    const { startMs } = monthOf(this.#plan.resetDay, dateMs)
    if (startMs !== this.#page.startMs) this.#turnTo(startMs)
    this.#budget = judgeBudget(this.#plan, this.#page.bytes, dateMs)
    if (Math.abs(dateMs - this.#writtenMs) >= WRITE_MS) this.#write(dateMs)
    return this.#budget
  }

  /** What the month has carried and may carry; undefined where it has no limit. */
  get month(): LteMonth | undefined {
    if (this.#plan === undefined) return undefined
    const { monthlyBytes, resetDay } = this.#plan
    const { startMs, bytes } = this.#page
    return { usedBytes: bytes, monthlyBytes, endMs: monthOf(resetDay, startMs).endMs }
  }

  [Symbol.dispose](): void {
    if (this.#plan !== undefined) this.#write(this.#judgedMs)
  }

  #count(counters: LegCounters | undefined): void {
    const last = this.#last
    this.#last = counters
    if (counters === undefined || last === undefined) return
    const bytes = counters.rxBytes - last.rxBytes + counters.txBytes - last.txBytes
    // Counters that went back are another interface's.
    if (bytes > 0) this.#page = { ...this.#page, bytes: this.#page.bytes + bytes }
  }

  #read(): void {
    let text: string
    try {
      text = readFileSync(this.#file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#complain(String(error))
      return
    }
    const page = parsePage(text)
    if (page === undefined)
      this.#complain(`Cannot read ${this.#file}: it is no ledger; counting anew`)
    else if (page.startMs === this.#page.startMs) this.#page = page
    else if (page.startMs > this.#page.startMs) this.#putAside(page)
  }

  #turnTo(startMs: number): void {
    const { bytes } = this.#page
    const later = this.#later
    if (startMs < this.#page.startMs && later === undefined) this.#putAside(this.#page)
    const reached = later !== undefined && startMs >= later.startMs
    if (!reached) {
      this.#page = { startMs, bytes: 0 }
      return
    }
    // What was counted under a wrong date is of the month that the clock has been set to.
    this.#page = { startMs, bytes: startMs === later.startMs ? later.bytes + bytes : bytes }
    this.#later = undefined
  }

  #putAside(page: Page): void {
    this.#later = page
    const date = new Date(page.startMs).toISOString().slice(0, 10)
    this.#complain(`The clock stands before the month of ${date}, which the ledger counts already`)
  }

  #write(dateMs: number): void {
    this.#writtenMs = dateMs
    const { bytes } = this.#page
    const later = this.#later
    const page =
      later === undefined ? this.#page : { startMs: later.startMs, bytes: later.bytes + bytes }
    try {
      mkdirSync(this.#directory, { recursive: true })
      replaceFile(this.#file, `${JSON.stringify(page)}\n`)
    } catch (error) {
      this.#complain(`Cannot keep the ledger of LTE: ${String(error)}`)
    }
  }

  get #file(): string {
    return join(this.#directory, 'cpe-lte-ledger.json')
  }
}

function parsePage(text: string): Page | undefined {
  try {
    const page = JSON.parse(text) as Partial<Page> | null
    const { startMs, bytes } = page ?? {}
    const sound = isDate(startMs) && Number.isFinite(bytes) && (bytes ?? -1) >= 0
    return sound ? (page as Page) : undefined
  } catch {
    return undefined
  }
}

function isDate(ms: number | undefined): boolean {
  return Number.isSafeInteger(ms) && Math.abs(ms ?? Infinity) <= DATE_MS_MAX
}

/** tmpfs on every Linux that has it. */
const LOST_AT_REBOOT = /^(\/var)?\/run(\/|$)/
/** Beyond it there is no date in JavaScript. */
const DATE_MS_MAX = 8.64e15
const JUDGE_MS = 1_000
const WRITE_MS = 60_000
