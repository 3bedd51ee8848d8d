/**
 * A watcher that takes a share of what there is in each round and leaves the rest for the next, so that nobody
 * who has much keeps others waiting. The kernel tells of readiness once, so who leaves something must come
 * again by itself; and once a round, however often it hears meanwhile.
 */
import type { Loop, Watcher } from './loop.ts'

export class Share implements Watcher {
  readonly #loop: Pick<Loop, 'soon'>
  readonly #take: () => boolean
  #waits = false

  /** `take` takes a share; true: something may be left. */
  constructor(loop: Pick<Loop, 'soon'>, take: () => boolean) {
    this.#loop = loop
    this.#take = take
  }

  onReady(): void {
    // Who waits has its turn in this very round.
    if (!this.#waits) this.#look()
  }

  onTurn(): void {
    this.#waits = false
    this.#look()
  }

  #look(): void {
    if (!this.#take()) return
    this.#waits = true
    this.#loop.soon(this)
  }
}
