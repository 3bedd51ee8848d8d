/**
 * Everything that the concentrator knows of itself now, for who looks on its machine: `hybridge top`, a support bundle.
 */
import { join } from 'node:path'
import type { ConcentratorConfig } from '../../shared/config/concentrator.ts'
import { release } from '../../shared/daemon/arguments.ts'
import { serveFacts } from '../../shared/daemon/facts-socket.ts'
import type { Counters } from '../../shared/relay/counters.ts'
import { STREET_COUNTERS } from '../data/room.ts'
import type { Store } from '../subscribers/store.ts'
import { tellAccess } from './access-figures.ts'
import { log } from './log.ts'

export interface FactsStreet {
  readonly counters: Counters<(typeof STREET_COUNTERS)[number]>
  /** One cell: 1 while we are draining. */
  readonly drain: SharedArrayBuffer
  readonly store: Pick<Store, 'homes' | 'staleSinceMs'>
}

/** Told until disposed of; how homes arrive stands in the log too. */
export async function openFacts(
  { stateDirectory, store: { name } }: Pick<ConcentratorConfig, 'stateDirectory' | 'store'>,
  { counters, drain, store }: FactsStreet,
): Promise<AsyncDisposable> {
  const draining = new Int32Array(drain)
  const facts = () => ({
    daemon: 'concentrator',
    release: release(),
    name,
    homes: store.homes.ids.length,
    storeStaleSinceMs: store.staleSinceMs,
    draining: Atomics.load(draining, 0) === 1,
    counters: Object.fromEntries(
      STREET_COUNTERS.map((counter) => [counter, counters.read(counter)]),
    ),
  })
  const told = new AsyncDisposableStack()
  told.use(tellAccess(counters))
  const socket = join(stateDirectory, 'concentrator-facts.sock')
  told.use(await serveFacts(socket, facts, (why) => log.warn('facts not served', { why })))
  return told
}
