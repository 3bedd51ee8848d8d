/**
 * A leg is cut while a download runs and 200 connections are open: how long nothing arrives, and who
 * lives.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { LegName } from '../../shared/core/leg.ts'
import type { Street } from '../lab/lab.ts'
import type { Failure } from '../lab/legs.ts'
import { download } from '../lab/transfer.ts'
import { openCrowd } from './crowd.ts'

export interface Cut {
  readonly longestGapMs: number
  readonly opened: number
  readonly lived: number
}

export const CUTS: ReadonlyArray<readonly [LegName, Failure]> = [
  ['dsl', 'link'],
  ['lte', 'link'],
  ['dsl', 'silent'],
  ['lte', 'silent'],
]

/** The leg is healed again when this returns. */
export async function measureCut(
  street: Street,
  leg: LegName,
  how: Failure,
  connections = CONNECTIONS,
): Promise<Cut> {
  const crowd = await openCrowd(street, connections, BEAT_MS)
  const running = download(street, '/bytes/4000000000', { seconds: SECONDS })
  await sleep(CUT_AFTER_MS)
  await street.fail(leg, how)
  const transfer = await running
  const lived = await crowd.finish()
  await street.heal(leg)
  await sleep(HEALED_MS)
  return { longestGapMs: transfer.longestGapMs, opened: crowd.opened, lived }
}

const CONNECTIONS = 200
const BEAT_MS = 1_000
const SECONDS = 5
const CUT_AFTER_MS = 2_500
/** Time for a healed leg to be probed, and joined by what stays open. */
const HEALED_MS = 3_000
