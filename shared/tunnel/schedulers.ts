/**
 * The schedulers that a manner names, by their numbers on the wire.
 */
import {
  blest,
  cheapestFirst,
  ecf,
  lowestRtt,
  redundant,
  type Scheduler,
  weighted,
} from '../core/datagram-scheduler.ts'
import { SPREADINGS, type Spreading } from '../core/manner.ts'

const SCHEDULER = {
  'cheapest-first': cheapestFirst,
  'lowest-rtt': lowestRtt,
  weighted,
  redundant,
  blest,
  ecf,
} as const satisfies Record<Spreading, Scheduler>

export const SCHEDULERS: readonly Scheduler[] = SPREADINGS.map((name) => SCHEDULER[name])
export const REDUNDANT = SPREADINGS.indexOf('redundant')
export const LOWEST_RTT = SPREADINGS.indexOf('lowest-rtt')
