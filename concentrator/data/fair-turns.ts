/**
 * Who is judged next: sources take turns. A burst of requests from one waits behind itself, and a neighbour's
 * single request behind one of them.
 *
 *    source A  ▪ ▪ ▪ ▪ ▪ ▪        rounds:  A B C A A A ...
 *    source B  ▪
 *    source C  ▪
 */
import type { Loop, Watcher } from '../../shared/relay/loop.ts'

/** Something that has work to do; it is told once for each time it asked. */
export interface Waiting {
  onItsTurn(): void
}

export class FairTurns implements Watcher {
  readonly #loop: Loop
  /** By source: who waits, first come first served. The Map's order is whose turn is next. */
  readonly #queues = new Map<number, Waiting[]>()
  #turnAsked = false

  constructor(loop: Loop) {
    this.#loop = loop
  }

  /** `source` is any number that stands for it. */
  queue(source: number, waiting: Waiting): void {
    const queue = this.#queues.get(source)
    if (queue === undefined) this.#queues.set(source, [waiting])
    else queue.push(waiting)
    this.#askForTurn()
  }

  onReady(): void {}

  onTurn(): void {
    this.#turnAsked = false
    for (let served = 0; served < SERVED_PER_TURN_MAX; served++) {
      const [next] = this.#queues
      if (next === undefined) return
      const [source, queue] = next
      const waiting = queue.shift()
      this.#queues.delete(source)
      // Set again, it is the last in the order.
      if (queue.length > 0) this.#queues.set(source, queue)
      waiting?.onItsTurn()
    }
    if (this.#queues.size > 0) this.#askForTurn()
  }

  #askForTurn(): void {
    if (this.#turnAsked) return
    this.#turnAsked = true
    this.#loop.soon(this)
  }
}

/** In between, flows are served and connections accepted: about 2 ms. */
const SERVED_PER_TURN_MAX = 8
