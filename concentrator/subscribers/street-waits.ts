/**
 * How the transfers of each home fare here, in memory that the data threads write and the main thread reads:
 * milliseconds, counted on and on.
 *
 *    home │ down held │ down served │ server held │ down held by the home's window     16 bytes; more than 2^32 ms begin again at 0
 */
import type { StreetInterval } from '../../shared/core/verdict-facts.ts'
import type { Flow } from '../../shared/relay/flow.ts'
import type { SendQueues } from '../../shared/relay/send-queue.ts'
import { Fares, lookAt } from '../../shared/relay/waiting.ts'

export class StreetWaits {
  readonly memory: SharedArrayBuffer
  readonly #cells: Uint32Array

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory
    this.#cells = new Uint32Array(memory)
  }

  static create(homes: number): StreetWaits {
    return new StreetWaits(new SharedArrayBuffer(homes * CELLS * 4))
  }

  get homes(): number {
    return this.#cells.length / CELLS
  }

  add(home: number, what: number, ms: number): void {
    Atomics.add(this.#cells, home * CELLS + what, ms)
  }

  /** The home's cells as they are now. */
  read(home: number): Waits {
    const at = home * CELLS
    const cell = (what: number) => Atomics.load(this.#cells, at + what)
    return {
      held: cell(Cell.held),
      served: cell(Cell.served),
      server: cell(Cell.server),
      window: cell(Cell.window),
    }
  }
}

export interface Waits {
  readonly held: number
  readonly served: number
  readonly server: number
  readonly window: number
}

/** What has become of a home's transfers from one reading to the next, over so many milliseconds. */
export function waitsBetween(
  before: Waits,
  now: Waits,
  ms: number,
): Pick<StreetInterval, 'down' | 'serverHeldShare'> {
  // Several threads may have seen the same time; what went round begins at 0.
  const share = (what: keyof Waits) => Math.min(1, ((now[what] - before[what]) >>> 0) / ms)
  return {
    down: {
      heldShare: share('held'),
      servedShare: share('served'),
      windowShare: share('window'),
    },
    serverHeldShare: share('server'),
  }
}

/**
 * One thread's look at all its flows, each of a home by its number. However many flows of a home fare the same, the
 * time counts once.
 */
export class WaitsLook {
  readonly #waits: StreetWaits
  readonly #left: SendQueues['left']
  /** By home: what was found at this look, a bit for each cell. */
  readonly #found: Uint8Array
  readonly #homes: number[] = []

  /** `left`: what the lines of a half have left unsent. */
  constructor(waits: StreetWaits, left: SendQueues['left']) {
    this.#waits = waits
    this.#left = left
    this.#found = new Uint8Array(waits.homes)
  }

  look(flows: Iterable<readonly [flow: Flow, home: number]>, sinceMs: number): void {
    const ms = Math.round(sinceMs)
    for (const [{ a2b, b2a }, home] of flows) {
      const down = lookAt(b2a)
      const up = lookAt(a2b)
      let found = 0
      if (down === Fares.held) {
        found |= 1 << Cell.held
        if (this.#left(b2a) === 'hardly anything') found |= 1 << Cell.window
      } else if (down === Fares.served) found |= 1 << Cell.served
      if (up === Fares.held) found |= 1 << Cell.server
      if (found === 0) continue
      if (this.#found[home] === 0) this.#homes.push(home)
      this.#found[home]! |= found
    }
    for (const home of this.#homes) this.#count(home, ms)
    this.#homes.length = 0
  }

  #count(home: number, ms: number): void {
    const found = this.#found[home]!
    this.#found[home] = 0
    if ((found & (1 << Cell.held)) !== 0) this.#waits.add(home, Cell.held, ms)
    // Where one transfer waits for the home, that another does not says nothing.
    else if ((found & (1 << Cell.served)) !== 0) this.#waits.add(home, Cell.served, ms)
    if ((found & (1 << Cell.server)) !== 0) this.#waits.add(home, Cell.server, ms)
    if ((found & (1 << Cell.window)) !== 0) this.#waits.add(home, Cell.window, ms)
  }
}

const Cell = { held: 0, served: 1, server: 2, window: 3 } as const
const CELLS = 4
