/**
 * What was counted on its way to the keeper: numbered batches, one at a time, each said again until it is taken, and counted
 * once however often it was said.
 *
 *    counted ─▶ waiting ─▶ batch n ─▶ keeper: taken      ─▶ batch n + 1
 *                             ▲          └── away, or full: the same again, and all into a file ──┐
 *                             └───────────────────────────────────────────────────────────────────┘
 *
 * While the keeper is away every hour has a batch of its own, for usage is asked for by the hour.
 */
import {
  CARRIERS,
  type Carrier,
  type Keeper,
  KeeperUnavailable,
  type Octets,
  type UsageBatch,
} from './keeper.ts'
import { added, NO_OCTETS } from './usage.ts'
import type { UsageJournal } from './usage-journal.ts'

export class UsageOut {
  readonly #keeper: Pick<Keeper, 'addUsage'>
  readonly #source: string
  readonly #journal: Pick<UsageJournal, 'read' | 'write'>
  readonly #complain: (why: string) => void
  #waiting: Readonly<Record<Carrier, Map<string, Octets>>> = nothing()
  /** When what waits was first seen to; undefined while nothing waits. */
  #sinceMs: number | undefined
  /** The oldest first; what an earlier start could not say is said before all else. */
  readonly #batches: UsageBatch[]
  #number = 0
  #sending: Promise<void> | undefined
  #away = false

  /** `source` is another at each start: its batches are numbered from 1. */
  constructor(
    keeper: Pick<Keeper, 'addUsage'>,
    source: string,
    journal: Pick<UsageJournal, 'read' | 'write'>,
    complain: (why: string) => void,
  ) {
    this.#keeper = keeper
    this.#source = source
    this.#journal = journal
    this.#complain = complain
    this.#batches = journal.read()
  }

  add(subscriber: string, octets: Octets, carrier: Carrier): void {
    const waiting = this.#waiting[carrier]
    waiting.set(subscriber, added(waiting.get(subscriber) ?? NO_OCTETS, octets))
  }

  /** Send what waits. One call at a time: another waits for the one that is under way. */
  send(nowMs: number): Promise<void> {
    this.#sending ??= this.#sendOn(nowMs).finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  async #sendOn(nowMs: number): Promise<void> {
    for (;;) {
      this.#close(nowMs)
      const [batch] = this.#batches
      if (batch === undefined) break
      try {
        await this.#keeper.addUsage(batch, nowMs)
      } catch (error) {
        if (!(error instanceof KeeperUnavailable)) throw error
        if (!this.#away) this.#complain(error.message)
        this.#away = true
        break
      }
      this.#away = false
      this.#batches.shift()
    }
    const open = this.#open()
    this.#journal.write(open === undefined ? this.#batches : [...this.#batches, open])
  }

  /** Make a batch of what waits, when its turn has come or its hour is over. */
  #close(nowMs: number): void {
    if (CARRIERS.every((carrier) => this.#waiting[carrier].size === 0)) return
    this.#sinceMs ??= nowMs
    const itsHour = Math.floor(this.#sinceMs / HOUR_MS) === Math.floor(nowMs / HOUR_MS)
    const mayWait = itsHour || this.#batches.length >= BATCHES_MAX
    if (this.#batches.length > 0 && mayWait) return
    const batch = this.#open()
    if (batch === undefined) return
    this.#batches.push(batch)
    this.#number += 1
    this.#waiting = nothing()
    this.#sinceMs = undefined
  }

  /** What waits, as the batch that it would be now. */
  #open(): UsageBatch | undefined {
    const atMs = this.#sinceMs
    if (atMs === undefined) return undefined
    const uses = CARRIERS.flatMap((carrier) =>
      Array.from(this.#waiting[carrier], ([subscriber, octets]) => ({
        subscriber,
        carrier,
        atMs,
        ...octets,
      })),
    )
    return { source: this.#source, number: this.#number + 1, uses }
  }
}

function nothing(): Record<Carrier, Map<string, Octets>> {
  return { tcp: new Map(), tunnel: new Map() }
}

const HOUR_MS = 3_600_000
/** Hours that are told apart while the keeper is away; what comes later is told with the last. */
const BATCHES_MAX = 72
