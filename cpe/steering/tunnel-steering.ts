/**
 * The tunnel and the rest of steering: whether LTE may carry what DSL has no room for, and whether packets are
 * routed into the tunnel, which depends on whether that stands and turns.
 *
 * Whether DSL is full each end of the tunnel knows by itself, packet by packet. A home that is within its
 * budget leaves it at that, unless DSL is known to carry much more than it does; one that has spent more waits
 * until LTE helps the bond too (core/overflow).
 */
import type { Budget } from '../../shared/core/budget.ts'
import type { DslFirst, DslLine } from '../../shared/core/dsl-first.ts'
import { Rate } from '../../shared/core/rate.ts'
import { ThreadWatch } from '../../shared/core/thread-watch.ts'
import { LTE_USE, ORDER, type TunnelBoard } from '../data/tunnel-board.ts'
import type { Router } from './router.ts'

export interface SteeredTunnel {
  readonly board: TunnelBoard
  /** LTE helps, or ceases to: the thread shall look now. */
  wake(): void
}

export class TunnelSteering {
  readonly #tunnel: SteeredTunnel
  readonly #router: Pick<Router, 'setTunnel'>
  readonly #sharedMs: () => number
  readonly #watch = new ThreadWatch()
  readonly #carried = { Up: new Rate(), Down: new Rate() }

  /**
   * `configured`: what DSL is said to carry, bytes a millisecond; what is not said the tunnel finds out by
   * itself. `sharedMs`: the clock that all threads share.
   */
  constructor(
    tunnel: SteeredTunnel,
    router: Pick<Router, 'setTunnel'>,
    { up, down }: DslLine['configured'],
    sharedMs: () => number,
  ) {
    tunnel.board.orders[ORDER.dslCapacityUp] = up ?? 0
    tunnel.board.orders[ORDER.dslCapacityDown] = down ?? 0
    this.#tunnel = tunnel
    this.#router = router
    this.#sharedMs = sharedMs
  }

  /** Once a tick, when DSL and LTE have been judged. */
  look(
    { up, down }: Pick<ReturnType<DslFirst['status']>, 'up' | 'down'>,
    { pressure, spent }: Pick<Budget, 'pressure' | 'spent'>,
    nowMs: number,
  ): void {
    const { counters, orders } = this.#tunnel.board
    this.#carried.Up.observe(counters.read('dslUpBytes'), nowMs)
    this.#carried.Down.observe(counters.read('dslDownBytes'), nowMs)
    // Late in the month who has spent it all is hardly ahead of the plan.
    const within = pressure === 0 && !spent
    let changed = false
    for (const [direction, verdict] of [
      ['Up', up],
      ['Down', down],
    ] as const) {
      const loaded = verdict.dslBytesPerMs >= (verdict.dslCapacity ?? 0) * LOADED
      const mayHelp = verdict.engaged || (within && loaded)
      const helps = mayHelp ? LTE_USE.helps : spent ? LTE_USE.spared : LTE_USE.waits
      if (orders[ORDER[`lte${direction}`]] !== helps) changed = true
      orders[ORDER[`lte${direction}`]] = helps
      const beside = verdict.dslBytesPerMs - this.#carried[direction].bytesPerMs
      orders[ORDER[`dslBeside${direction}`]] = Math.max(0, beside)
    }
    if (changed) this.#tunnel.wake()

    const turns = !this.#watch.stalled(counters.read('turnedMs'), this.#sharedMs())
    const ifIndex = counters.read('ifIndex')
    this.#router.setTunnel(turns && ifIndex !== 0 ? ifIndex : undefined)
  }
}

/** A part of what DSL is known to carry, below which it is not full. */
const LOADED = 0.8
