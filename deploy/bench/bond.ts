/**
 * How much of the two lines the bond carries, on one street in one run.
 */
import { LEGS, type LegName } from '../../shared/core/leg.ts'
import type { Street } from '../lab/lab.ts'
import { eventually, logOf, untilSaid } from '../lab/onlooker.ts'
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

export interface BondTime {
  readonly seconds: number
  readonly omitS: number
}

/** One TCP connection in either direction, over each leg alone (the other cut) and then over both. */
export async function measureBond(street: Street, time: BondTime): Promise<Bond[]> {
  const dsl = await measureAlone(street, 'dsl', time)
  const lte = await measureAlone(street, 'lte', time)
  const bonds: Bond[] = []
  for (const direction of DIRECTIONS) {
    const dslMbps = dsl[direction]
    const lteMbps = lte[direction]
    const bondedMbps = await measureBoth(street, direction, time)
    bonds.push({
      direction,
      dslMbps,
      lteMbps,
      bondedMbps,
      percentOfSum: (100 * bondedMbps) / (dslMbps + lteMbps),
      percentOfBest: (100 * bondedMbps) / Math.max(dslMbps, lteMbps),
    })
  }
  return bonds
}

/** One TCP connection over both legs, in Mbit/s of its bytes. LTE rests when this resolves. */
export async function measureBoth(
  street: Street,
  direction: Direction,
  time: BondTime,
): Promise<number> {
  const mbps = await iperf(street, { direction, ...time })
  await rested(street)
  return mbps
}

async function measureAlone(
  street: Street,
  leg: LegName,
  time: BondTime,
): Promise<Record<Direction, number>> {
  const others = LEGS.filter((other) => other !== leg)
  for (const other of others) await told(street, other, 'down', () => street.fail(other, 'link'))
  const down = await iperf(street, { direction: 'down', ...time })
  const up = await iperf(street, { direction: 'up', ...time })
  for (const other of others) await told(street, other, 'up', () => street.heal(other))
  return { down, up }
}

/** LTE helps in neither direction any more, so that what comes next begins as in the evening of a home. */
async function rested(street: Street): Promise<void> {
  const times = (words: string) => logOf(street, 'cpe').split(`"msg":"${words}"`).length
  await eventually(() => {
    if (times('lte helps') !== times('lte rests')) throw new Error('LTE still helps')
  }, TOLD_MS_MAX)
}

/** Do something to a leg, and wait until the CPE says so. */
function told(
  street: Street,
  leg: LegName,
  state: 'down' | 'up',
  doing: () => Promise<void>,
): Promise<void> {
  return untilSaid(street, 'cpe', new RegExp(`"${leg}".*"leg ${state}"`), doing, TOLD_MS_MAX)
}

const DIRECTIONS: readonly Direction[] = ['down', 'up']
const TOLD_MS_MAX = 10_000
