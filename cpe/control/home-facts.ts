/**
 * Everything that the home knows of itself now, for who looks on the router: `hybridge top`, a support bundle.
 */
import { join } from 'node:path'
import { release } from '../../shared/daemon/arguments.ts'
import { HOUSE_COUNTERS, type HouseCounters } from '../data/room.ts'
import type { HouseFlow } from '../steering/house-flows.ts'
import type { RunningSteering } from '../steering/steering.ts'
import { verdictFacts } from './verdict-facts.ts'
import type { Verdicts } from './verdicts.ts'

export interface FactsHouse {
  readonly counters: Pick<HouseCounters, 'read'>
  readonly flows: () => Iterable<HouseFlow>
  readonly steering: Pick<RunningSteering, 'facts' | 'lteLeave' | 'reasons' | 'status'>
  readonly verdicts: Pick<Verdicts, 'now' | 'over'>
}

export function homeFacts({ counters, flows, steering, verdicts }: FactsHouse): object {
  const { concentrator, active, help } = steering.status()
  const all = [...flows()]
  const carried = ({ upBytes, downBytes }: HouseFlow) => upBytes + downBytes
  return {
    daemon: 'cpe',
    release: release(),
    legs: steering.facts(),
    lte: steering.lteLeave(),
    concentrator,
    active,
    help,
    ...verdictFacts(verdicts),
    connections: all.length,
    pooled: all.filter(({ pooled }) => pooled).length,
    flows: all
      .filter(({ pooled }) => !pooled)
      .toSorted((one, other) => carried(other) - carried(one))
      .slice(0, FLOWS_SHOWN),
    reasons: steering
      .reasons()
      .slice(-REASONS_SHOWN)
      .map(({ unixMs, text }) => ({ unixMs, text })),
    counters: Object.fromEntries(HOUSE_COUNTERS.map((name) => [name, counters.read(name)])),
  }
}

/** Where they are told. */
export function factsSocket({ stateDirectory }: { readonly stateDirectory: string }): string {
  return join(stateDirectory, 'cpe-facts.sock')
}

/** Those that have carried the most. */
const FLOWS_SHOWN = 20
const REASONS_SHOWN = 64
