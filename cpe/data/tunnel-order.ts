/**
 * What steering has ordered of a leg, as the tunnel's schedulers understand it: priorities of RFC 9897 section 3, and
 * what the leg carries.
 */
import type { LegName } from '../../shared/core/leg.ts'
import type { BoardLeg } from '../../shared/relay/leg-board.ts'
import type { LegOrder } from '../../shared/tunnel/reports.ts'
import { LTE_USE, ORDER } from './tunnel-board.ts'

/** `orders` is the tunnel board's row; `dslUp`: LTE need not carry everything. */
export function legOrder(
  leg: LegName,
  { up, ifIndex }: BoardLeg,
  dslUp: boolean,
  orders: Float64Array,
  direction: 'Up' | 'Down',
): LegOrder {
  if (leg === 'lte') {
    // Without DSL it carries everything, whatever it costs.
    const use = dslUp ? orders[ORDER[`lte${direction}`]] : LTE_USE.helps
    return {
      priority: up ? (use === LTE_USE.helps ? OVERFLOW : STANDBY) : NEVER,
      spared: use === LTE_USE.spared,
      capacity: undefined,
      beside: 0,
    }
  }
  const capacity = orders[ORDER[`dslCapacity${direction}`]]!
  return {
    // One that flaps is kept out for a while, but is better than an LTE that falls silent meanwhile.
    priority: up ? PRIMARY : ifIndex === 0 ? NEVER : STANDBY,
    spared: false,
    capacity: capacity === 0 ? undefined : capacity,
    beside: orders[ORDER[`dslBeside${direction}`]]!,
  }
}

// RFC 9897 section 3.
const NEVER = 0
const STANDBY = 1
const OVERFLOW = 2
const PRIMARY = 3
