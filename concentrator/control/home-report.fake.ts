/**
 * The report of a home that tells all that there is to tell.
 */
import type { HomeReport } from '../../shared/config/control-messages.ts'

const leg = { state: 'up', reason: 'echo', rttMs: 21.4 }
const carried = { upBytes: 123_456_789_012, downBytes: 1_234_567_890_123 }

export const fullReport: HomeReport = {
  atMs: 0,
  legs: { dsl: leg, lte: leg },
  concentrator: { state: 'reachable', reason: 'echo' },
  usage: { epoch: 'e', dsl: carried, lte: carried },
  dslCapacity: { up: 1_250_000, down: 6_250_000 },
  lte: { helps: { up: 'dsl-full', down: 'dsl-queue' }, budgetUsed: 0.123_456 },
  reasons: [],
}
