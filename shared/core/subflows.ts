/**
 * Which subflows a connection should have, and the steps from those it has.
 *
 *      legs                         open flow, or pooled       pooled, nobody at home
 *      both up                      both *                     where it began
 *      one dead                     the other                  the other, if it is there
 *      one doubtful                 none new there             none new there
 *      none up                      leave everything           leave everything
 *                                   * the one that waits as standby.ts says
 *
 * The first leg that is up carries; the other stands by as backup, until the connection is one of those
 * that are helped (helped-flows.ts). So a page does not wait for LTE's round trip, and what DSL carries
 * alone costs nothing.
 */
import { LEGS, type LegName } from './leg.ts'
import { ALL_WELL, type LegsNow, linesOf, type ServiceClass, waitingOf } from './service-class.ts'
import type { Standby } from './standby.ts'

/** What the judgement of health means for subflows: `doubtful` is neither used anew nor given up. */
export type LegUse = 'up' | 'doubtful' | 'dead'

export interface Subflow {
  /** undefined when it started from an address that no leg has any more. */
  readonly leg: LegName | undefined
  readonly backup: boolean
  /** It has lasted for a while. A middlebox may let a join pass and break what follows it. */
  readonly proven: boolean
}

export interface WantedSubflow {
  readonly leg: LegName
  readonly backup: boolean
  /** Make it where it is missing; else it is only tolerated. */
  readonly create: boolean
}

/** `Have` is a subflow as the caller knows it: addresses, ports and all. */
export type SubflowAction<Have> =
  | { readonly do: 'create'; readonly leg: LegName; readonly backup: boolean }
  | { readonly do: 'setBackup'; readonly subflow: Have; readonly backup: boolean }
  | { readonly do: 'destroy'; readonly subflow: Have }

/** What a connection is to steering. */
export interface BondedConnection {
  /** Still waits for its LAN connection. */
  readonly pooled: boolean
  readonly serviceClass: ServiceClass
  /** The other lines shall carry its bytes too, for the first is not enough. */
  readonly helped: boolean
  /** The leg it began on; undefined when we did not see it begin. */
  readonly first: LegName | undefined
  /** What the legs are good for now; without: all is well. */
  readonly legsNow?: LegsNow
}

/**
 * The subflows a connection should have; undefined when nothing is known well enough to change any, or
 * when none of the lines that its class may use is up: then it keeps what it has, and waits.
 * A pooled connection of a home where nobody opens anything does not wake LTE. `standby`: what becomes of a
 * subflow on LTE that would only wait.
 */
export function wantSubflows(
  connection: BondedConnection,
  legs: Readonly<Record<LegName, LegUse>>,
  homeActive: boolean,
  standby: Standby = 'ahead',
): WantedSubflow[] | undefined {
  const { serviceClass, legsNow = ALL_WELL } = connection
  const lines = linesOf(serviceClass, legsNow.quicker)
  const rest = waitingOf(serviceClass, legsNow) ?? standby
  const primary = lines.find((leg) => legs[leg] === 'up')
  if (primary === undefined) return undefined
  const both = !connection.pooled || homeActive
  const waits = (leg: LegName) => !connection.helped && leg !== primary
  // DSL costs nothing while it waits.
  const rests = (leg: LegName) => leg === 'lte' && waits(leg)
  const usable = LEGS.filter((leg) => lines.includes(leg) && legs[leg] !== 'dead')
  return usable
    .filter((leg) => !rests(leg) || rest !== 'none')
    .map((leg) => ({
      leg,
      backup: waits(leg),
      create:
        legs[leg] === 'up' &&
        (both || leg === connection.first) &&
        (!rests(leg) || rest === 'ahead'),
    }))
}

/**
 * The steps from the subflows a connection has to those it should have.
 *
 * Saying only what we want makes the shell forgetful: after a crash, a lost event or a kernel that
 * refused, the next round computes the same steps again. Nothing is destroyed before another subflow
 * stands and is proven: a connection with a dead leg can come back, one without any cannot.
 */
export function planSubflows<Have extends Subflow>(
  want: readonly WantedSubflow[],
  have: readonly Have[],
): Array<SubflowAction<Have>> {
  const actions: Array<SubflowAction<Have>> = []
  let stands = false
  for (const { leg, backup, create } of want) {
    const current = have.find((subflow) => subflow.leg === leg)
    if (current?.proven === true) stands = true
    if (current === undefined && create) actions.push({ do: 'create', leg, backup })
    if (current !== undefined && current.backup !== backup) {
      actions.push({ do: 'setBackup', subflow: current, backup })
    }
  }
  if (!stands) return actions
  for (const subflow of have) {
    const wanted = want.some(({ leg }) => leg === subflow.leg)
    if (!wanted) actions.push({ do: 'destroy', subflow })
  }
  return actions
}
