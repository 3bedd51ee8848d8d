/**
 * In which manner a flow of the tunnel is carried: by which legs, and which of them has the next packet.
 *
 *     class          legs                                    scheduler of bulk, where the policy says none
 *     overflow       as ordered: LTE when DSL is full        cheapest-first
 *     aggregate      all at once                             weighted
 *     interactive    all at once                             lowest-rtt
 *     handover       one: the next when it is dead           cheapest-first
 *     dsl-only       DSL                                     cheapest-first
 *     lte-only       LTE                                     cheapest-first
 *
 * The home knows the class of a flow, for it has the rules and the LAN. It says the manner in each frame, in five
 * bits, and the concentrator sends what comes back in the same manner (ADR 0039):
 *
 *    1 + 6 * legs + scheduler       0: nothing is said
 */
import { OVERFLOW, STANDBY } from './datagram-scheduler.ts'
import { LEG_NUMBER } from './leg.ts'
import type { ServiceClass } from './service-class.ts'

/** In the order of their numbers on the wire, from 1 on. */
export const SPREADINGS = [
  'cheapest-first',
  'lowest-rtt',
  'weighted',
  'redundant',
  'blest',
  'ecf',
] as const
export type Spreading = (typeof SPREADINGS)[number]

/** Which legs may carry. */
export const MannerLegs = { ordered: 0, all: 1, one: 2, dsl: 3, lte: 4 } as const
export type MannerLegs = (typeof MannerLegs)[keyof typeof MannerLegs]

/** The five bits. */
export type Manner = number

/** What is said by nobody. */
export const UNSAID: Manner = 0

/** How the bulk of these classes is spread. */
export interface Spreadings {
  readonly overflow: Spreading
  readonly aggregate: Spreading
  readonly interactive: Spreading
}

export function mannerOf(spreading: Spreading, legs: MannerLegs): Manner {
  return 1 + legs * SPREADINGS.length + SPREADINGS.indexOf(spreading)
}

/** Of a class. What is copied is copied to all legs: waiting for DSL to fill would copy nothing. */
export function mannerOfClass(serviceClass: ServiceClass, spreadings: Spreadings): Manner {
  switch (serviceClass) {
    case 'overflow': {
      const { overflow } = spreadings
      return mannerOf(overflow, overflow === 'redundant' ? MannerLegs.all : MannerLegs.ordered)
    }
    case 'aggregate':
    case 'interactive':
      return mannerOf(spreadings[serviceClass], MannerLegs.all)
    case 'dsl-only':
      return mannerOf('cheapest-first', MannerLegs.dsl)
    case 'lte-only':
      return mannerOf('cheapest-first', MannerLegs.lte)
    case 'handover':
    case 'bypass':
      return mannerOf('cheapest-first', MannerLegs.one)
  }
}

/** The place in SPREADINGS. What no end of ours says is the first. */
export function spreadingOf(manner: Manner): number {
  return manner === UNSAID ? 0 : (manner - 1) % SPREADINGS.length
}

export function legsOf(manner: Manner): MannerLegs {
  const legs = manner === UNSAID ? 0 : Math.floor((manner - 1) / SPREADINGS.length)
  return legs <= MannerLegs.lte ? (legs as MannerLegs) : MannerLegs.ordered
}

/**
 * The priority that a leg has for such flows, where steering has ordered `priority`. `spared`: the month's budget
 * is spent, and it carries only while the others are dead.
 */
export function priorityFor(
  legs: MannerLegs,
  leg: number,
  priority: number,
  spared: boolean,
): number {
  if (priority === 0) return 0
  switch (legs) {
    case MannerLegs.ordered:
      return priority
    case MannerLegs.all:
      return spared ? STANDBY : Math.max(priority, OVERFLOW)
    case MannerLegs.one:
      return priority > OVERFLOW ? priority : STANDBY
    case MannerLegs.dsl:
      return leg === LEG_NUMBER.dsl ? priority : 0
    case MannerLegs.lte:
      return leg === LEG_NUMBER.lte ? priority : 0
  }
}
