/**
 * What was counted on its way to the keeper: numbered batches, one at a time, each said again until it is taken, and counted
 * once however often it was said.
 *
 *    counted ─▶ waiting ─▶ batch n ─▶ keeper: taken      ─▶ batch n + 1
 *                             ▲          └── away, or full: the same again ──┐
 *                             └──────────────────────────────────────────────┘
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

export class UsageOut {
  readonly #keeper: Pick<Keeper, 'addUsage'>
  readonly #source: string
  readonly #complain: (why: string) => void
  #waiting: Readonly<Record<Carrier, Map<string, Octets>>> = nothing()
  #batch: UsageBatch | undefined
  #number = 0
  #sending: Promise<void> | undefined
  #away = false

  /** `source` is another at each start: its batches are numbered from 1. */
  constructor(keeper: Pick<Keeper, 'addUsage'>, source: string, complain: (why: string) => void) {
    this.#keeper = keeper
    this.#source = source
    this.#complain = complain
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
      this.#batch ??= this.#nextBatch(nowMs)
      if (this.#batch === undefined) return
      try {
        await this.#keeper.addUsage(this.#batch, nowMs)
      } catch (error) {
        if (!(error instanceof KeeperUnavailable)) throw error
        if (!this.#away) this.#complain(error.message)
        this.#away = true
        return
      }
      this.#away = false
      this.#batch = undefined
    }
  }

  #nextBatch(nowMs: number): UsageBatch | undefined {
    const uses = CARRIERS.flatMap((carrier) =>
      Array.from(this.#waiting[carrier], ([subscriber, octets]) => ({
        subscriber,
        carrier,
        atMs: nowMs,
        ...octets,
      })),
    )
    if (uses.length === 0) return undefined
    this.#waiting = nothing()
    this.#number += 1
    return { source: this.#source, number: this.#number, uses }
  }
}

function nothing(): Record<Carrier, Map<string, Octets>> {
  return { tcp: new Map(), tunnel: new Map() }
}
