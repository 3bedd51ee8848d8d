/**
 * The door for joins, with what it has to know: whose a connection is, which only cookies and sessions tell.
 */
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { formatAddress } from '../../shared/wire/address.ts'
import { type Door, type Join, keepDoor, type SubflowListener } from '../subscribers/doorkeeper.ts'
import type { Identities } from '../subscribers/identities.ts'
import { joinJudge } from '../subscribers/join-judge.ts'
import type { RunningControl } from './control.ts'
import { log } from './log.ts'
import type { PresentHomes } from './present-homes.ts'

export interface HomesDoorParts {
  readonly identities: Pick<Identities, 'of'>
  readonly control: Pick<RunningControl, 'sessions'>
  readonly present: Pick<PresentHomes, 'roll' | 'roster'>
}

/** Until disposed of. */
export function keepHomesDoor(
  { limits }: Pick<ConcentratorConfig, 'limits'>,
  { identities, control, present }: HomesDoorParts,
  listener: SubflowListener,
): Door {
  const numberOf = (token: number) =>
    identities.of(token)?.subscriber ?? control.sessions?.numberOf(token)
  const judge = joinJudge(numberOf, present.roll)
  const stray = strayWriter(numberOf, (number) => present.roster.idOf(number))
  return keepDoor(limits.subflowsPerConnection, judge, stray, listener)
}

/** Writes a line when a join was destroyed for where it came from: of each home one a minute. */
function strayWriter(
  numberOf: (token: number) => number | undefined,
  idOf: (number: number) => string | undefined,
): (join: Join) => void {
  let said = new Set<number>()
  let sinceMs = 0
  return ({ token, remote }) => {
    const number = numberOf(token)
    if (number === undefined) return
    const nowMs = performance.now()
    if (nowMs - sinceMs > STRAY_MS) {
      said = new Set()
      sinceMs = nowMs
    }
    if (said.has(number)) return
    said.add(number)
    log.warn('joined from elsewhere', {
      subscriber: idOf(number),
      source: formatAddress(remote.address),
    })
  }
}

const STRAY_MS = 60_000
