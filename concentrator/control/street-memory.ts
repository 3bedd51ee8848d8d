/**
 * What the threads of the concentrator share: written by one, read by the others.
 */
import { randomInt } from 'node:crypto'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { Counters } from '../../shared/relay/counters.ts'
import { STREET_COUNTERS } from '../data/room.ts'
import { CappedLegs } from '../subscribers/capped-legs.ts'
import { HOMES_MAX } from '../subscribers/homes.ts'
import { IDENTITIES_MAX, Identities } from '../subscribers/identities.ts'
import { SOURCES_MAX, Sources } from '../subscribers/sources.ts'
import { StreetWaits } from '../subscribers/street-waits.ts'
import { Tallies } from '../subscribers/tallies.ts'
import { TIES_MAX, TieTable } from '../subscribers/tie-table.ts'
import { TunnelUsage } from '../subscribers/tunnel-usage.ts'
import { UnsentLegs } from '../subscribers/unsent-legs.ts'

/** What the main thread holds, and in `memory` what the data threads are given of it. */
export function streetMemory({ workers, tunnel }: Pick<ConcentratorConfig, 'tunnel' | 'workers'>) {
  const counters = new Counters(STREET_COUNTERS, workers)
  const cappedLegs = CappedLegs.create(HOMES_MAX)
  const tieTable = TieTable.create(TIES_MAX)
  const identities = Identities.create(IDENTITIES_MAX)
  const tallies = Tallies.create(HOMES_MAX)
  const tunnelled = TunnelUsage.create(tunnel.enabled ? HOMES_MAX : 0)
  const waits = StreetWaits.create(HOMES_MAX)
  const unsentLegs = UnsentLegs.create(HOMES_MAX)
  const memory = {
    counters: counters.memory,
    workers,
    subscriberTallies: tallies.memory,
    sources: Sources.create(SOURCES_MAX, randomInt(2 ** 31)).tallies.memory,
    ties: tieTable.memory,
    cappedLegs: cappedLegs.memory,
    draining: new SharedArrayBuffer(4),
    identities: identities.memory,
    waits: waits.memory,
    unsentLegs: unsentLegs.memory,
  }
  return {
    counters,
    cappedLegs,
    tieTable,
    identities,
    tallies,
    tunnelled,
    waits,
    unsentLegs,
    memory,
  }
}
