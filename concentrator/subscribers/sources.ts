/**
 * A row of figures (tallies.ts) for each source address that strangers come from, found by all data
 * threads in one table without a lock.
 *
 *    row 0: the crowd    bucket 0: 8 rows │ bucket 1: 8 rows │ ...
 *
 * A source has its row in one bucket. When no row there is its own, it takes the one that has been idle
 * for longest; when all eight are in use, it shares the crowd's row with all others that found none, and
 * has that row's limits together with them: a flood from very many sources slows down newcomers, never
 * those who are there.
 */
import type { Source } from './source.ts'
import { scatter } from './source.ts'
import { Held, TALLY_CELLS, Tallies } from './tallies.ts'

export class Sources {
  readonly tallies: Tallies
  readonly #seed: number
  readonly #buckets: number

  /** `memory` comes from `Sources.create` of the main thread. */
  constructor(memory: SharedArrayBuffer) {
    this.tallies = new Tallies(memory)
    this.#seed = Atomics.load(this.tallies.cells, SEED)
    this.#buckets = (memory.byteLength / (TALLY_CELLS * 4) - 1) / WAYS
  }

  /** `seed` is any number that nobody can guess; `rows` a multiple of 8. */
  static create(rows: number, seed: number): Sources {
    const { memory, cells } = Tallies.create(rows + 1)
    cells[SEED] = seed
    return new Sources(memory)
  }

  /**
   * Take one connection without a message for this source, unless `max` are there already: its row, which
   * stays its own while anything is held in it; or undefined.
   */
  enter(source: Source, max: number, nowS: number): number | undefined {
    const { tallies } = this
    const row = this.rowOf(source, nowS)
    if (!tallies.take(row, Held.waiting, max)) return undefined
    // Between the look and the taking another thread may have given the row to somebody else.
    if (row === CROWD || row === this.rowOf(source, nowS)) return row
    tallies.give(row, Held.waiting)
    return tallies.take(CROWD, Held.waiting, max) ? CROWD : undefined
  }

  /** The source's own row, or the one it gets now, or the crowd's. */
  rowOf(source: Source, nowS: number): number {
    const { cells } = this.tallies
    const { high, low: place } = scatter(source, this.#seed)
    // 0 marks a row that nobody ever had.
    const tag = high === 0 ? 1 : high
    const first = 1 + ((place >>> 0) % this.#buckets) * WAYS
    let idle = CROWD
    let idleTag = 0
    let idleS = -1
    for (let row = first; row < first + WAYS; row++) {
      const at = row * TALLY_CELLS
      const owner = Atomics.load(cells, at + TAG)
      if (owner === tag) {
        Atomics.store(cells, at + USED_S, nowS)
        return row
      }
      const unusedS = owner === 0 ? Infinity : nowS - Atomics.load(cells, at + USED_S)
      if (unusedS > idleS && this.#isIdle(row)) {
        idle = row
        idleTag = owner
        idleS = unusedS
      }
    }
    if (idle === CROWD) return CROWD
    const at = idle * TALLY_CELLS
    if (Atomics.compareExchange(cells, at + TAG, idleTag, tag) !== idleTag) return CROWD
    this.tallies.refill(idle)
    Atomics.store(cells, at + USED_S, nowS)
    return idle
  }

  /** Connections of homes are not counted here: only strangers hold a row. */
  #isIdle(row: number): boolean {
    return this.tallies.held(row, Held.waiting) === 0
  }
}

/** Rows for sources, 64 bytes each: beyond it the crowd's row is shared. */
export const SOURCES_MAX = 32_768
const CROWD = 0
const WAYS = 8
/** Cells of a row, behind those that tallies.ts names. */
const TAG = 8
const USED_S = 9
/** In the crowd's row, which has no tag. */
const SEED = TAG
