/**
 * How much of the two lines the bond carries, on one street in one run.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { Street } from '../lab/lab.ts'
import { type Direction, iperf } from './iperf.ts'

export interface Bond {
  readonly direction: Direction
  readonly dslMbps: number
  readonly lteMbps: number
  readonly bondedMbps: number
  readonly percentOfSum: number
  /** Above 100 the bond beats the better line. */
  readonly percentOfBest: number
}

/** One TCP connection over each leg alone (the other cut) and over both. */
export async function measureBond(
  street: Street,
  direction: Direction,
  { seconds, omitS }: { readonly seconds: number; readonly omitS: number },
): Promise<Bond> {
  const alone = async (leg: LegName) => {
    const others = LEGS.filter((other) => other !== leg)
    for (const other of others) await street.fail(other, 'link')
    await sleep(SETTLE_MS)
    const mbps = await iperf(street, { direction, seconds, omitS })
    for (const other of others) await street.heal(other)
    await sleep(SETTLE_MS)
    return mbps
  }
  const dslMbps = await alone('dsl')
  const lteMbps = await alone('lte')
  const bondedMbps = await iperf(street, { direction, seconds, omitS })
  return {
    direction,
    dslMbps,
    lteMbps,
    bondedMbps,
    percentOfSum: (100 * bondedMbps) / (dslMbps + lteMbps),
    percentOfBest: (100 * bondedMbps) / Math.max(dslMbps, lteMbps),
  }
}

/** A leg that comes back is probed twice before it is used. */
const SETTLE_MS = 1_500
